// The policy simulator: what would be decided, without doing anything.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
import type * as Sdk from "@aws-sdk/client-iam";
import { parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { AppliedPolicies } from "../../ports/identity-policies.ts";
import type { Simulated, SimulatedPolicy } from "../../ports/policy-simulator.ts";
import type { Api, RoomPorts } from "../service.ts";
import { actionWithoutService, callerArnNeeded, callerMustBeUser, noSuchPolicySource, notSupported } from "./errors.ts";
import { groupPolicies, openIdentityPolicies } from "./identity-policies.ts";
import { pageOfNumbers } from "./page.ts";
import { checkIdentityPolicy, checkResourcePolicy } from "./policy-document.ts";

type SimulateApi = Pick<Api<typeof Sdk>, "SimulateCustomPolicy" | "SimulatePrincipalPolicy" | "GetContextKeysForCustomPolicy" | "GetContextKeysForPrincipalPolicy">;

/** What both simulations take. */
interface Input {
  PolicyInputList?: string[] | undefined;
  PermissionsBoundaryPolicyInputList?: string[] | undefined;
  ActionNames: string[];
  ResourceArns?: string[] | undefined;
  ResourcePolicy?: string | undefined;
  ResourceOwner?: string | undefined;
  CallerArn?: string | undefined;
  ContextEntries?: Sdk.ContextEntry[] | undefined;
  ResourceHandlingOption?: string | undefined;
  OrderedOrganizationPolicyInputList?: unknown[] | undefined;
  PolicyExclusionList?: unknown[] | undefined;
  MaxItems?: number | undefined;
  Marker?: string | undefined;
}

export function simulateOperations({ stores, simulator }: Pick<RoomPorts, "stores" | "simulator">): SimulateApi {
  const policies = openIdentityPolicies({ stores });

  /** The policies of a user with its groups, of a role, or of a group. */
  const sourceOf = async (arn: string, call: Call): Promise<{ identity: SimulatedPolicy[]; boundary?: string }> => {
    // Accounts do not see each other, whatever --iam says.
    const own = parseArn(arn)?.account === call.account;
    const found: Pick<AppliedPolicies, "identity" | "boundary"> | undefined = own ? ((await policies.find(arn)) ?? (await groupPolicies(stores, arn))) : undefined;
    if (!found) throw noSuchPolicySource(arn);
    return { identity: found.identity.map(({ name, document }) => ({ id: name, document })), ...(found.boundary !== undefined && { boundary: found.boundary }) };
  };

  const simulate = (input: Input, own: { identity: SimulatedPolicy[]; boundary?: string }, callerArn: string | undefined) => {
    if (input.ResourceHandlingOption !== undefined) throw notSupported("ResourceHandlingOption");
    if (input.OrderedOrganizationPolicyInputList?.length) throw notSupported("OrderedOrganizationPolicyInputList");
    if (input.PolicyExclusionList?.length) throw notSupported("PolicyExclusionList");
    if (input.CallerArn !== undefined && !isUserArn(input.CallerArn)) throw callerMustBeUser();
    if (input.ResourcePolicy !== undefined) checkResourcePolicy(input.ResourcePolicy);
    for (const action of input.ActionNames) if (!action.includes(":")) throw actionWithoutService(action);
    const boundary = input.PermissionsBoundaryPolicyInputList?.length ? numbered("PermissionsBoundaryPolicyInputList", input.PermissionsBoundaryPolicyInputList) : own.boundary === undefined ? undefined : [{ id: "boundary", document: own.boundary }];
    const resources = input.ResourceArns?.length ? input.ResourceArns : ["*"];
    const { from, limit, truncation } = pageOfNumbers(input.ActionNames.length * resources.length, input);
    const results = simulator.simulate({
      identity: [...own.identity, ...numbered("PolicyInputList", input.PolicyInputList ?? [])],
      ...(boundary && { boundary }),
      ...(input.ResourcePolicy !== undefined && { resourcePolicy: { id: "ResourcePolicy", document: input.ResourcePolicy } }),
      ...(input.ResourceOwner !== undefined && { resourceOwner: input.ResourceOwner }),
      ...(callerArn !== undefined && { callerArn }),
      actions: input.ActionNames,
      resources, from, limit,
      context: Object.fromEntries((input.ContextEntries ?? []).map(({ ContextKeyName = "", ContextKeyValues = [] }) => [ContextKeyName, ContextKeyValues])),
    });
    return { EvaluationResults: results.map((result) => shown(result, input.ResourceArns?.length !== undefined)), ...truncation };
  };

  return {
    async SimulateCustomPolicy(input) {
      if (input.ResourcePolicy !== undefined && input.CallerArn === undefined) throw callerArnNeeded();
      return simulate(input, { identity: [] }, input.CallerArn);
    },

    async SimulatePrincipalPolicy(input, call) {
      const isUser = input.PolicySourceArn.includes(":user/");
      if (input.ResourcePolicy !== undefined && input.CallerArn === undefined && !isUser) throw callerMustBeUser();
      return simulate(input, await sourceOf(input.PolicySourceArn, call), input.CallerArn ?? (isUser ? input.PolicySourceArn : undefined));
    },

    async GetContextKeysForCustomPolicy(input) {
      for (const document of input.PolicyInputList) checkIdentityPolicy(document);
      return { ContextKeyNames: simulator.contextKeys(input.PolicyInputList) };
    },

    async GetContextKeysForPrincipalPolicy(input, call) {
      for (const document of input.PolicyInputList ?? []) checkIdentityPolicy(document);
      const { identity } = await sourceOf(input.PolicySourceArn, call);
      return { ContextKeyNames: simulator.contextKeys([...identity.map(({ document }) => document), ...(input.PolicyInputList ?? [])]) };
    },
  };
}

const isUserArn = (arn: string): boolean => /^arn:[^:]+:iam::\d{12}:user\/./.test(arn);

/** "PolicyInputList.1", as AWS names policies that came with the request. */
const numbered = (list: string, documents: string[]): SimulatedPolicy[] => documents.map((document, index) => {
  checkIdentityPolicy(document);
  return { id: `${list}.${index + 1}`, document };
});

function shown({ action, resource, decision, matched, missingKeys, allowedByBoundary }: Simulated, specific: boolean): Sdk.EvaluationResult {
  const MatchedStatements = matched.map(({ id, start, end }) => ({
    SourcePolicyId: id,
    // What AWS answers, whatever the enumeration in its model says (seen in public logs).
    SourcePolicyType: "IAM Policy" as Sdk.PolicySourceType,
    StartPosition: { Line: start.line, Column: start.column }, EndPosition: { Line: end.line, Column: end.column },
  }));
  const boundary = allowedByBoundary === undefined ? {} : { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: allowedByBoundary } };
  return {
    EvalActionName: action, EvalResourceName: resource, EvalDecision: decision, MatchedStatements, MissingContextValues: missingKeys, ...boundary,
    ...(specific && { ResourceSpecificResults: [{ EvalResourceName: resource, EvalResourceDecision: decision, MatchedStatements, MissingContextValues: missingKeys, ...boundary }] }),
  };
}
