// The policies of access points and of Object Lambda access points. https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutAccessPointPolicy.html
import type { Call } from "../../../kernel/call.ts";
import { checkPolicyOf, isPublic } from "../bucket-policy.ts";
import { bucketArn } from "../names.ts";
import type { Parts } from "../parts.ts";
import { accountBlockOf } from "./account-block.ts";
import { checkAccount, type ControlOperations } from "./control-operations.ts";
import { noSuchAccessPoint, noSuchAccessPointPolicy, publicPolicyBlocked } from "./errors.ts";
import { ACCESS_POINTS, type AnyPoint, OBJECT_LAMBDA_POINTS, pointArn, pointId } from "./point.ts";

type Served = `${"Get" | "Put" | "Delete"}AccessPointPolicy${"" | "ForObjectLambda"}` | `GetAccessPointPolicyStatus${"" | "ForObjectLambda"}`;

interface Named { AccountId?: string | undefined; Name: string }

export function policyOperations(parts: Parts): Pick<ControlOperations, Served> {
  const standard = policiesOf(parts, "standard");
  const objectLambda = policiesOf(parts, "object-lambda");
  return {
    GetAccessPointPolicy: standard.get, PutAccessPointPolicy: standard.put, DeleteAccessPointPolicy: standard.remove, GetAccessPointPolicyStatus: standard.status,
    GetAccessPointPolicyForObjectLambda: objectLambda.get, PutAccessPointPolicyForObjectLambda: objectLambda.put, DeleteAccessPointPolicyForObjectLambda: objectLambda.remove, GetAccessPointPolicyStatusForObjectLambda: objectLambda.status,
  };
}

function policiesOf(parts: Parts, kind: AnyPoint["kind"]) {
  const points = parts.stores.documents<AnyPoint>(kind === "standard" ? ACCESS_POINTS : OBJECT_LAMBDA_POINTS);
  const find = async (input: Named, call: Call): Promise<AnyPoint> => {
    checkAccount(input, call);
    const point = await points.get(pointId({ account: call.account, region: call.region, name: input.Name }));
    if (!point) throw noSuchAccessPoint(input.Name);
    return point;
  };
  return {
    async get(input: Named, call: Call) {
      const { policy } = await find(input, call);
      if (policy === undefined) throw noSuchAccessPointPolicy(input.Name);
      return { Policy: policy };
    },

    async put(input: Named & { Policy: string }, call: Call) {
      const point = await find(input, call);
      checkPolicyOf(input.Policy, pointArn(point), asBucket(pointArn(point)));
      const blocked = point.kind === "object-lambda" || point.publicAccessBlock.BlockPublicPolicy || (await accountBlockOf(parts, call.account))?.BlockPublicPolicy;
      if (blocked && isPublic(input.Policy)) throw publicPolicyBlocked();
      if (!(await points.update(pointId(point), (found) => ({ ...found, policy: input.Policy })))) throw noSuchAccessPoint(input.Name);
      return {};
    },

    async remove(input: Named, call: Call) {
      await points.update(pointId(await find(input, call)), ({ policy: _, ...point }) => point as AnyPoint);
      return {};
    },

    /** Without a policy nothing is public: ours, where AWS says nothing. */
    async status(input: Named, call: Call) {
      const { policy } = await find(input, call);
      return { PolicyStatus: { IsPublic: policy !== undefined && isPublic(policy) } };
    },
  };
}

/** Objects are ARN/object/KEY. Object Lambda's own ARN stands for what is in it as well, so it is a bucket and its objects at once. */
const asBucket = (arn: string) => (resource: string): string => {
  if (arn.includes(":s3-object-lambda:") && resource === arn) return `${bucketArn("point")}*`;
  return resource.startsWith(arn) ? bucketArn("point") + resource.slice(arn.length).replace(/^\/object/, "") : resource.replace(/:accesspoint\/([^/]*)(\/object)?/, ":$1");
};
