// Finding functions by the name a caller gave, and what a qualifier leads to: the one resolver of this room.
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
import type { Call } from "../../kernel/call.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { RoomPorts } from "../service.ts";
import { type Alias, ALIASES, drawVersion } from "./alias.ts";
import { functionNotFound, notAuthorized, otherAccount } from "./errors.ts";
import { FUNCTIONS, type LambdaFunction, type Version } from "./function.ts";
import { noPublishedVersion } from "./capacity-providers/capacity-provider-errors.ts";
import { isPublishedVersion, LATEST_PUBLISHED, type Named, qualified, qualifiedId, resolveName } from "./name.ts";
import { VERSIONS, versionId } from "./version.ts";

/** What a qualifier leads to. */
export interface Followed {
  /** `$LATEST` (the function itself) or a published version. */
  version: Version;
  /** Where the qualifier is an alias. */
  alias?: Alias;
}

export interface Found extends Followed {
  fn: LambdaFunction;
  named: Named;
}

/** `fraction` (0 <= n < 1) draws between an alias's versions; without it an alias is its first version. */
export async function findFunction(ports: Pick<RoomPorts, "stores" | "access">, functionName: string, qualifier: string | undefined, call: Call, action: string, fraction?: () => number): Promise<Found> {
  const named = resolveName(functionName, qualifier, call);
  if (named.account !== call.account) await admit(ports, named, call, action);
  const fn = await ports.stores.documents<LambdaFunction>(FUNCTIONS).get(named.id);
  if (!fn) throw functionNotFound(qualified(named.arn, named.qualifier ?? (action.startsWith("Invoke") ? "$LATEST" : undefined))); // as AWS names it to each (observed)
  if (named.qualifier === undefined || named.qualifier === "$LATEST") {
    if (fn.settings.managed === undefined || named.qualifier !== undefined || !action.startsWith("Invoke")) return { fn, named, version: fn };
    const version = await findVersion(ports.stores, named.id, LATEST_PUBLISHED);
    if (!version) throw noPublishedVersion();
    return { fn, named, version };
  }
  const followed = await follow(ports.stores, fn, named.qualifier, fraction);
  if (!followed) throw functionNotFound(qualified(named.arn, named.qualifier));
  return { fn, named, ...followed };
}

/** What runs where nobody names a version (developer guide, lambda-managed-instances-version-publishing.html). */
export const versionToRun = (fn: LambdaFunction): string => (fn.settings.managed ? LATEST_PUBLISHED : "$LATEST");

/** Undefined when the function has no such version or alias. */
export async function follow(stores: Pick<Stores | Tx, "documents">, fn: LambdaFunction, qualifier: string, fraction?: () => number): Promise<Followed | undefined> {
  if (qualifier === "$LATEST") return { version: fn };
  const functionId = idOf(fn);
  if (isPublishedVersion(qualifier)) {
    const version = await findVersion(stores, functionId, qualifier);
    return version && { version };
  }
  const alias = await stores.documents<Alias>(ALIASES).get(qualifiedId(functionId, qualifier));
  if (!alias) return undefined;
  const number = fraction ? drawVersion(alias, fraction) : alias.functionVersion;
  const version = number === "$LATEST" ? fn : await findVersion(stores, functionId, number);
  return version && { version, alias };
}

/** A published version by its number as AWS writes it: "1", not "01"; or `$LATEST.PUBLISHED`. */
export async function findVersion(stores: Pick<Stores | Tx, "documents">, functionId: string, number: string): Promise<Version | undefined> {
  const version = await stores.documents<Version>(VERSIONS).get(versionId(functionId, number));
  return version?.version === number ? version : undefined;
}

export const idOf = ({ account, region, name }: Pick<LambdaFunction, "account" | "region" | "name">): string => `${account}/${region}/${name}`;

/**
 * Operations that a function's policy can grant to other accounts: the developer guide's list until 2023; today it says "most API actions
 * that operate on an existing function" and names two (permissions-function-cross-account.html).
 */
const GRANTABLE = new Set([
  "CreateAlias", "DeleteAlias", "DeleteFunction", "DeleteFunctionConcurrency", "DeleteFunctionEventInvokeConfig", "DeleteProvisionedConcurrencyConfig",
  "GetAlias", "GetFunction", "GetFunctionConcurrency", "GetFunctionConfiguration", "GetFunctionEventInvokeConfig", "GetPolicy", "GetProvisionedConcurrencyConfig",
  "InvokeFunction", "InvokeAsync", "ListAliases", "ListFunctionEventInvokeConfigs", "ListProvisionedConcurrencyConfigs", "ListTags", "ListVersionsByFunction",
  "PublishVersion", "PutFunctionConcurrency", "PutFunctionEventInvokeConfig", "PutProvisionedConcurrencyConfig", "TagResource", "UntagResource",
  "UpdateAlias", "UpdateFunctionCode", "UpdateFunctionEventInvokeConfig",
]);

/** Lets another account's caller through where the function's own policy does, whatever `--iam` says: without one, accounts do not see each other. */
export async function admit({ access }: Pick<RoomPorts, "access">, named: Named, call: Call, action: string): Promise<void> {
  if (named.account === call.account) return;
  const resource = qualified(named.arn, named.qualifier);
  if (!GRANTABLE.has(action)) throw otherAccount(call.principal.arn, action, resource);
  const decision = await access.decide({ actor: call.principal, action: `lambda:${action}`, resource, call });
  if (!decision.allowed) throw notAuthorized(decision.sentence);
}
