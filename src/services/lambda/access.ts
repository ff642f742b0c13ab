// What each operation needs to be permitted, and on what.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
import type * as Sdk from "@aws-sdk/client-lambda";
import { formatArn, parseArn, partitionOf } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { AccessRule } from "../../ports/access.ts";
import type { Api, RoomPorts } from "../service.ts";
import { readCallbackId } from "./durable/tokens.ts";
import { FUNCTIONS, type LambdaFunction } from "./function.ts";
import { functionArn, namedByArn, namedLoosely } from "./name.ts";
import { vpcIdOf } from "./vpc.ts";

type Rules = Partial<Record<keyof Api<typeof Sdk>, AccessRule>>;
interface OnFunction { FunctionName: string; Qualifier?: string }

/** The function, version or alias as the caller named it: a policy on the function alone does not reach its versions. */
export function functionResource({ FunctionName, Qualifier }: OnFunction, call: Call): string {
  if (!FunctionName.includes(":")) {
    const arn = functionArn(call.region, call.account, FunctionName);
    return Qualifier ? `${arn}:${Qualifier}` : arn;
  }
  return namedLoosely(FunctionName, Qualifier, call);
}

const onFunction: AccessRule = { resources: (input: OnFunction, call) => [functionResource(input, call)] };
/** The function as a whole, whatever version or alias it is about. */
const onWhole: AccessRule = { resources: ({ FunctionName }: OnFunction, call) => [functionResource({ FunctionName }, call)] };
const invoking: AccessRule = { ...onFunction, action: "InvokeFunction" };

const urlContext = (input: { AuthType?: string } & OnFunction, call: Call) => ({ "lambda:FunctionArn": functionResource({ FunctionName: input.FunctionName }, call), ...(input.AuthType && { "lambda:FunctionUrlAuthType": input.AuthType }) });
const onUrl: AccessRule = { ...onFunction, context: urlContext };
const changingPolicy: AccessRule = {
  ...onFunction, changesAccess: true,
  context: ({ Principal, FunctionUrlAuthType }: { Principal?: string; FunctionUrlAuthType?: string }) => ({ ...(Principal && { "lambda:Principal": Principal }), ...(FunctionUrlAuthType && { "lambda:FunctionUrlAuthType": FunctionUrlAuthType }) }),
};
/** The operations take any partition in an ARN, so a policy must see the one there is. */
const exactly = (arn: string, call: Call): string => (arn.includes(":function:") ? namedLoosely(arn, undefined, call) : arn.replace(/^arn:[^:]*:/, `arn:${partitionOf(call.region)}:`));
const onPolicyArn: AccessRule = { resources: ({ ResourceArn }: { ResourceArn: string }, call) => [exactly(ResourceArn, call)] };

const tagContext = ({ Tags, TagKeys }: { Tags?: Record<string, string>; TagKeys?: string[] }): Record<string, string | string[]> => ({
  ...Object.fromEntries(Object.entries(Tags ?? {}).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  ...(Tags || TagKeys ? { "aws:TagKeys": TagKeys ?? Object.keys(Tags ?? {}) } : {}),
});
const onTagged: AccessRule = { resources: ({ Resource }: { Resource: string }, call) => [exactly(Resource, call)], context: tagContext };

interface Settings extends OnFunction { CapacityProviderConfig?: { LambdaManagedInstancesCapacityProviderConfig?: { CapacityProviderArn?: string } }; Role?: string; Layers?: string[]; CodeSigningConfigArn?: string; Tags?: Record<string, string>; VpcConfig?: { SubnetIds?: string[]; SecurityGroupIds?: string[] } }
const passedProvider = ({ CapacityProviderConfig }: Settings): string | undefined => CapacityProviderConfig?.LambdaManagedInstancesCapacityProviderConfig?.CapacityProviderArn;
/** Giving a function a role takes the permission to pass it; a layer, that to read it (developer guide, permissions-user-layer.html: the policy to "create layers and use them with functions"). */
const settings: AccessRule = {
  ...onWhole,
  context: (input: Settings, call: Call) => ({
    ...tagContext(input),
    ...(input.Layers?.length && { "lambda:Layer": input.Layers }),
    ...(input.CodeSigningConfigArn && { "lambda:CodeSigningConfigArn": input.CodeSigningConfigArn }),
    ...(input.VpcConfig?.SubnetIds?.length && { "lambda:SubnetIds": input.VpcConfig.SubnetIds, "lambda:VpcIds": [vpcIdOf(parseArn(functionResource({ FunctionName: input.FunctionName }, call)) ?? call)] }),
    ...(input.VpcConfig?.SecurityGroupIds?.length && { "lambda:SecurityGroupIds": input.VpcConfig.SecurityGroupIds }),
  }),
  also: (input: Settings, call) => [...(input.Role ? [{ action: "iam:PassRole", resource: input.Role, context: { "iam:PassedToService": "lambda.amazonaws.com", "iam:AssociatedResourceArn": functionResource({ FunctionName: input.FunctionName }, call) } }] : []),
    // Seen with CreateFunction: "is not authorized to perform: lambda:TagResource on resource: arn:aws:lambda:…:function:…" (aws-samples/amazon-mwaa-examples#63).
    ...(Object.keys(input.Tags ?? {}).length > 0 ? [{ action: "lambda:TagResource", resource: functionResource({ FunctionName: input.FunctionName }, call), context: tagContext(input) }] : []),
    ...(input.Layers ?? []).map((resource) => ({ action: "lambda:GetLayerVersion", resource })),
    // Developer guide, lambda-managed-instances-security.html: "to assign functions to capacity providers".
    ...(passedProvider(input) ? [{ action: "lambda:PassCapacityProvider", resource: exactly(passedProvider(input)!, call) }] : [])],
};

interface OnLayer { LayerName: string; VersionNumber?: number }
const layerArn = ({ LayerName, VersionNumber }: OnLayer, call: Call): string => {
  const arn = LayerName.startsWith("arn:") ? exactly(LayerName, call) : formatArn("lambda", call.region, call.account, `layer:${LayerName}`);
  return VersionNumber === undefined ? arn : `${arn}:${VersionNumber}`;
};
const onLayer: AccessRule = { resources: (input: OnLayer, call) => [layerArn(input, call)] };
const onCodeSigning: AccessRule = { resources: ({ CodeSigningConfigArn }: { CodeSigningConfigArn: string }, call) => [exactly(CodeSigningConfigArn, call)] };
const mappingArn = ({ UUID }: { UUID: string }, { region, account }: Call): string => formatArn("lambda", region, account, `event-source-mapping:${UUID}`);
/** The function it is of stands in its document (mappings/standing.ts). */
const onMapping: AccessRule = { resources: (input: { UUID: string }, call) => [mappingArn(input, call)], standing: true };
const ofFunction = ({ FunctionName }: { FunctionName: string }, call: Call) => ({ "lambda:FunctionArn": functionResource({ FunctionName }, call) });
/** Of another function from now on: that one must be permitted as well. */
const changingMapping: AccessRule = {
  ...onMapping,
  also: ({ UUID, FunctionName }: { UUID: string; FunctionName?: string }, call) => (FunctionName === undefined ? [] : [{ action: "lambda:UpdateEventSourceMapping", resource: mappingArn({ UUID }, call), context: ofFunction({ FunctionName }, call) }]),
};
const creatingMapping: AccessRule = {
  context: (input: OnFunction & { Tags?: Record<string, string> }, call) => ({ ...ofFunction(input, call), ...tagContext(input) }),
  // As with functions: tags at creation take the permission to tag.
  also: ({ Tags = {} }: { Tags?: Record<string, string> }, { region, account }) => (Object.keys(Tags).length > 0 ? [{ action: "lambda:TagResource", resource: formatArn("lambda", region, account, "event-source-mapping:*"), context: tagContext({ Tags }) }] : []),
};
interface OnProvider { CapacityProviderName: string }
const providerResource = ({ CapacityProviderName: name }: OnProvider, call: Call): string => (name.startsWith("arn:") ? exactly(name, call) : formatArn("lambda", call.region, call.account, `capacity-provider:${name}`));
const onCapacityProvider: AccessRule = { resources: (input: OnProvider, call) => [providerResource(input, call)] };
/** Its role is passed as a function's is; tags at creation take the permission to tag. */
const creatingProvider: AccessRule = {
  ...onCapacityProvider, context: tagContext,
  also: (input: OnProvider & { PermissionsConfig?: { CapacityProviderOperatorRoleArn?: string }; Tags?: Record<string, string> }, call) => [
    ...(input.PermissionsConfig?.CapacityProviderOperatorRoleArn ? [{ action: "iam:PassRole", resource: input.PermissionsConfig.CapacityProviderOperatorRoleArn, context: { "iam:PassedToService": "lambda.amazonaws.com", "iam:AssociatedResourceArn": providerResource(input, call) } }] : []),
    ...(Object.keys(input.Tags ?? {}).length > 0 ? [{ action: "lambda:TagResource", resource: providerResource(input, call), context: tagContext(input) }] : []),
  ],
};
const onExecution: AccessRule = { resources: ({ DurableExecutionArn }: { DurableExecutionArn?: string }) => [DurableExecutionArn ?? "*"] };
/** Whose callback it is stands in the id. */
const onCallback: AccessRule = { resources: ({ CallbackId }: { CallbackId: string }) => [readCallbackId(CallbackId)?.executionArn ?? "*"] };

/** For policies that ask about aws:ResourceTag. A version's and an alias's are the function's. */
export const functionTags = ({ stores }: Pick<RoomPorts, "stores">) => async (arn: string): Promise<Record<string, string> | undefined> => {
  const named = namedByArn(arn);
  return named && (await stores.documents<LambdaFunction>(FUNCTIONS).get(named.id))?.tags;
};

export const access: Rules = {
  Invoke: invoking, InvokeWithResponseStream: invoking, InvokeAsync: onFunction,
  CreateFunction: settings, UpdateFunctionConfiguration: settings, UpdateFunctionCode: onWhole, DeleteFunction: { ...onFunction, changesAccess: true },
  GetFunction: onFunction, GetFunctionConfiguration: onFunction, ListVersionsByFunction: onWhole, PublishVersion: onWhole,
  CreateAlias: onWhole, GetAlias: onWhole, UpdateAlias: onWhole, DeleteAlias: { ...onWhole, changesAccess: true }, ListAliases: onWhole,
  AddPermission: changingPolicy, RemovePermission: changingPolicy, GetPolicy: onFunction,
  PutResourcePolicy: { ...onPolicyArn, changesAccess: true }, GetResourcePolicy: onPolicyArn, DeleteResourcePolicy: { ...onPolicyArn, changesAccess: true },
  PutFunctionConcurrency: onWhole, GetFunctionConcurrency: onWhole, DeleteFunctionConcurrency: onWhole,
  PutProvisionedConcurrencyConfig: onFunction, GetProvisionedConcurrencyConfig: onFunction, DeleteProvisionedConcurrencyConfig: onFunction, ListProvisionedConcurrencyConfigs: onWhole,
  PutFunctionEventInvokeConfig: onFunction, UpdateFunctionEventInvokeConfig: onFunction, GetFunctionEventInvokeConfig: onFunction, DeleteFunctionEventInvokeConfig: onFunction, ListFunctionEventInvokeConfigs: onWhole,
  PutFunctionRecursionConfig: onWhole, GetFunctionRecursionConfig: onWhole, PutRuntimeManagementConfig: onFunction, GetRuntimeManagementConfig: onFunction,
  PutFunctionScalingConfig: onFunction, GetFunctionScalingConfig: onFunction,
  CreateCapacityProvider: creatingProvider, GetCapacityProvider: onCapacityProvider, UpdateCapacityProvider: onCapacityProvider, DeleteCapacityProvider: onCapacityProvider, ListFunctionVersionsByCapacityProvider: onCapacityProvider,
  CreateFunctionUrlConfig: onUrl, UpdateFunctionUrlConfig: onUrl, GetFunctionUrlConfig: onUrl, DeleteFunctionUrlConfig: onUrl, ListFunctionUrlConfigs: onUrl,
  PutFunctionCodeSigningConfig: { ...onWhole, context: ({ CodeSigningConfigArn }: { CodeSigningConfigArn: string }) => ({ "lambda:CodeSigningConfigArn": CodeSigningConfigArn }) },
  GetFunctionCodeSigningConfig: onWhole, DeleteFunctionCodeSigningConfig: onWhole,
  CreateCodeSigningConfig: { context: tagContext }, GetCodeSigningConfig: onCodeSigning, UpdateCodeSigningConfig: onCodeSigning, DeleteCodeSigningConfig: onCodeSigning, ListFunctionsByCodeSigningConfig: onCodeSigning,
  TagResource: onTagged, UntagResource: onTagged, ListTags: onTagged,
  PublishLayerVersion: onLayer, ListLayerVersions: onLayer, GetLayerVersion: onLayer, DeleteLayerVersion: onLayer, GetLayerVersionPolicy: onLayer,
  GetLayerVersionByArn: { action: "GetLayerVersion", resources: ({ Arn }: { Arn: string }, call) => [exactly(Arn, call)] },
  AddLayerVersionPermission: { ...onLayer, changesAccess: true }, RemoveLayerVersionPermission: { ...onLayer, changesAccess: true },
  CreateEventSourceMapping: creatingMapping, GetEventSourceMapping: onMapping, UpdateEventSourceMapping: changingMapping, DeleteEventSourceMapping: onMapping,
  ListDurableExecutionsByFunction: onFunction, GetDurableExecution: onExecution, GetDurableExecutionHistory: onExecution, GetDurableExecutionState: onExecution,
  CheckpointDurableExecution: onExecution, StopDurableExecution: onExecution,
  SendDurableExecutionCallbackSuccess: onCallback, SendDurableExecutionCallbackFailure: onCallback, SendDurableExecutionCallbackHeartbeat: onCallback,
};
