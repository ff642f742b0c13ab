// Capacity providers: what is stored of them, and how AWS shows them. No storage, clock or randomness.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-capacity-providers.html
import type * as Sdk from "@aws-sdk/client-lambda";
import { formatArn, parseArn } from "../../../kernel/arn.ts";
import type { Call } from "../../../kernel/call.ts";
import { documentId } from "../name.ts";
import { eitherTypes, notSupportedOf, policiesMissing, policiesWithAuto, providerNotFound } from "./capacity-provider-errors.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME. */
export const PROVIDERS = "lambda/capacity-provider";

export interface CapacityProvider {
  name: string;
  arn: string;
  account: string;
  region: string;
  state: "Pending" | "Active" | "Deleting";
  /** Changes with every transition: what a queue item is about. */
  revisionId: string;
  vpc: { subnetIds: string[]; securityGroupIds: string[] };
  operatorRole: string;
  /** There are no instances here: kept and shown. The architecture is that of every function on it. */
  instances: { architecture: "x86_64" | "arm64"; allowed?: string[]; excluded?: string[] };
  scaling: Scaling;
  tags: Record<string, string>;
  modifiedMs: number;
}

interface Scaling {
  vcpusMax: number;
  mode: "Auto" | "Manual";
  policies?: { metric: string; target: number }[];
}

/** The developer guide's defaults. */
const SCALING: Scaling = { vcpusMax: 400, mode: "Auto" };

interface Where { account: string; region: string }

export const providerArn = ({ account, region }: Where, name: string): string => formatArn("lambda", region, account, `capacity-provider:${name}`);

/** The document's id for a name, or for an ARN of the caller's own account and region; what another has is not there. */
export function providerIdOf(nameOrArn: string, { account, region }: Where): string {
  const name = nameOf(nameOrArn);
  if (nameOrArn !== name && nameOrArn !== providerArn({ account, region }, name)) throw providerNotFound(nameOrArn);
  return documentId(account, region, name);
}

export const nameOf = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.lastIndexOf(":") + 1);

/** The document's id; undefined for the ARN of anything else. */
export function idOfProviderArn(text: string): string | undefined {
  const arn = parseArn(text);
  const name = /^capacity-provider:([\w-]+)$/.exec(arn?.resource ?? "")?.[1];
  return arn && name !== undefined && providerArn(arn, name) === text ? documentId(arn.account, arn.region, name) : undefined;
}

export function newProvider(input: Sdk.CreateCapacityProviderRequest, call: Call, revisionId: string): CapacityProvider {
  refuseUnsupported(input);
  const { account, region } = call;
  const name = nameOf(input.CapacityProviderName!);
  const { Architectures, AllowedInstanceTypes: allowed, ExcludedInstanceTypes: excluded } = input.InstanceRequirements ?? {};
  if (allowed?.length && excluded?.length) throw eitherTypes();
  return {
    name, arn: providerArn(call, name), account, region, state: "Pending", revisionId,
    vpc: { subnetIds: input.VpcConfig!.SubnetIds!, securityGroupIds: input.VpcConfig!.SecurityGroupIds! },
    operatorRole: input.PermissionsConfig!.CapacityProviderOperatorRoleArn!,
    instances: { architecture: Architectures?.[0] ?? "x86_64", ...(allowed?.length ? { allowed } : {}), ...(excluded?.length ? { excluded } : {}) },
    scaling: changedScaling(SCALING, input.CapacityProviderScalingConfig),
    tags: input.Tags ?? {},
    modifiedMs: call.now.getTime(),
  };
}

/** What is not given stays as it was; back to `Auto` there are no policies. */
export function changedScaling(before: Scaling, given: Sdk.CapacityProviderScalingConfig | undefined): Scaling {
  if (!given) return before;
  const mode = given.ScalingMode ?? before.mode;
  const policies = given.ScalingPolicies?.map((policy) => ({ metric: policy.PredefinedMetricType!, target: policy.TargetValue! }));
  if (mode === "Auto" && policies) throw policiesWithAuto();
  const kept = policies ?? before.policies;
  if (mode === "Manual" && !kept) throw policiesMissing();
  return { vcpusMax: given.MaxVCpuCount ?? before.vcpusMax, mode, ...(mode === "Manual" ? { policies: kept! } : {}) };
}

/** What would be ignored: nothing is encrypted, nothing is tagged, and no instance writes a log. */
export function refuseUnsupported(input: Partial<Sdk.CreateCapacityProviderRequest & Sdk.UpdateCapacityProviderRequest>): void {
  if (input.KmsKeyArn) throw notSupportedOf("KmsKeyArn");
  if (input.PropagateTags?.Mode === "Explicit" || Object.keys(input.PropagateTags?.ExplicitTags ?? {}).length > 0) throw notSupportedOf("PropagateTags");
  if (input.TelemetryConfig?.LoggingConfig) throw notSupportedOf("TelemetryConfig");
}

export function shownProvider({ arn, state, vpc, operatorRole, instances, scaling, modifiedMs }: CapacityProvider): Sdk.CapacityProvider {
  return {
    CapacityProviderArn: arn,
    State: state,
    VpcConfig: { SubnetIds: vpc.subnetIds, SecurityGroupIds: vpc.securityGroupIds },
    PermissionsConfig: { CapacityProviderOperatorRoleArn: operatorRole },
    InstanceRequirements: {
      Architectures: [instances.architecture],
      ...(instances.allowed ? { AllowedInstanceTypes: instances.allowed } : {}),
      ...(instances.excluded ? { ExcludedInstanceTypes: instances.excluded } : {}),
    },
    CapacityProviderScalingConfig: {
      MaxVCpuCount: scaling.vcpusMax,
      ScalingMode: scaling.mode,
      ...(scaling.policies ? { ScalingPolicies: scaling.policies.map(({ metric, target }) => ({ PredefinedMetricType: metric as Sdk.CapacityProviderPredefinedMetricType, TargetValue: target })) } : {}),
    },
    LastModified: new Date(modifiedMs).toISOString().replace("Z", "+0000"),
  };
}
