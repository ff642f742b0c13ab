// A function's VpcConfig: kept and shown, for the stacks that have one. No network is made of it: docs/decisions/0027-vpc-config.md
// https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
import { createHash } from "node:crypto";
import type { FunctionConfiguration, VpcConfig } from "@aws-sdk/client-lambda";
import { halfOfVpc } from "./errors.ts";
import type { Settings } from "./settings.ts";

export interface VpcSettings {
  subnetIds: string[];
  securityGroupIds: string[];
  ipv6: boolean;
}

/** An empty list of subnets detaches it. */
export function changedVpc(after: Settings, { SubnetIds, SecurityGroupIds, Ipv6AllowedForDualStack }: VpcConfig): void {
  if (SubnetIds === undefined && SecurityGroupIds === undefined && Ipv6AllowedForDualStack === undefined) return;
  const { subnetIds, securityGroupIds, ipv6 } = after.vpc ?? { subnetIds: [], securityGroupIds: [], ipv6: false };
  const given = SubnetIds !== undefined || SecurityGroupIds !== undefined;
  const [subnets, groups] = given ? [SubnetIds ?? [], SecurityGroupIds ?? []] : [subnetIds, securityGroupIds];
  if (subnets.length > 0 !== groups.length > 0) throw halfOfVpc();
  after.vpc = { subnetIds: subnets, securityGroupIds: groups, ipv6: subnets.length > 0 && (Ipv6AllowedForDualStack ?? ipv6) };
}

/** Nobody here knows which VPC a subnet is in: each account has one in each region, and this is its id. */
export const vpcIdOf = ({ account, region }: { account: string; region: string }): string => `vpc-${createHash("sha256").update(`${account} ${region}`).digest("hex").slice(0, 17)}`;

/** Empty members after it was detached (recorded answers of AWS); nothing where there never was one. */
export function shownVpc(vpc: VpcSettings | undefined, of: { account: string; region: string }): Pick<FunctionConfiguration, "VpcConfig"> {
  if (!vpc) return {};
  const { subnetIds, securityGroupIds, ipv6 } = vpc;
  return { VpcConfig: { SubnetIds: subnetIds, SecurityGroupIds: securityGroupIds, VpcId: subnetIds.length ? vpcIdOf(of) : "", Ipv6AllowedForDualStack: ipv6 } };
}
