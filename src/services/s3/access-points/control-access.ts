// What the operations of S3 Control need to be permitted. https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
import type { Call } from "../../../kernel/call.ts";
import type { AccessRule } from "../../../ports/access.ts";
import type { ControlOperations } from "./control-operations.ts";
import { type AnyPoint, pointArn } from "./point.ts";

interface Named { Name: string; VpcConfiguration?: unknown }

const arnOf = (kind: AnyPoint["kind"], { Name }: Named, call: Call): string => pointArn({ kind, account: call.account, region: call.region, name: Name });

const onPoint: AccessRule = {
  resources: (input: Named, call) => [arnOf("standard", input, call)],
  context: (input: Named, call) => ({ "s3:DataAccessPointAccount": call.account, "s3:DataAccessPointArn": arnOf("standard", input, call) }),
};
const onObjectLambda: AccessRule = { resources: (input: Named, call) => [arnOf("object-lambda", input, call)] };
const onResource: AccessRule = { resources: ({ ResourceArn }: { ResourceArn: string }) => [ResourceArn] };

export const controlAccess: Partial<Record<keyof ControlOperations, AccessRule>> = {
  CreateAccessPoint: { ...onPoint, context: (input: Named, call) => ({ ...onPoint.context!(input, call), "s3:AccessPointNetworkOrigin": input.VpcConfiguration === undefined ? "Internet" : "VPC" }) },
  GetAccessPoint: onPoint,
  DeleteAccessPoint: { ...onPoint, changesAccess: true },
  GetAccessPointPolicy: onPoint,
  PutAccessPointPolicy: { ...onPoint, changesAccess: true },
  DeleteAccessPointPolicy: { ...onPoint, changesAccess: true },
  GetAccessPointPolicyStatus: onPoint,

  CreateAccessPointForObjectLambda: onObjectLambda,
  GetAccessPointForObjectLambda: onObjectLambda,
  DeleteAccessPointForObjectLambda: { ...onObjectLambda, changesAccess: true },
  GetAccessPointConfigurationForObjectLambda: onObjectLambda,
  PutAccessPointConfigurationForObjectLambda: onObjectLambda,
  GetAccessPointPolicyForObjectLambda: onObjectLambda,
  PutAccessPointPolicyForObjectLambda: { ...onObjectLambda, changesAccess: true },
  DeleteAccessPointPolicyForObjectLambda: { ...onObjectLambda, changesAccess: true },
  GetAccessPointPolicyStatusForObjectLambda: onObjectLambda,

  GetPublicAccessBlock: { action: "GetAccountPublicAccessBlock" },
  PutPublicAccessBlock: { action: "PutAccountPublicAccessBlock", changesAccess: true },
  DeletePublicAccessBlock: { action: "PutAccountPublicAccessBlock", changesAccess: true },

  TagResource: onResource,
  UntagResource: onResource,
  ListTagsForResource: onResource,
};
