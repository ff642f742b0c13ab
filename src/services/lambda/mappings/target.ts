// What a mapping connects, looked at before it is kept: the function, the source, and whether the function's role may read it.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
import { parseArn } from "../../../kernel/arn.ts";
import type { Call } from "../../../kernel/call.ts";
import type { IamMode } from "../../../ports/access.ts";
import type { Source } from "../../../ports/sources.ts";
import type { RoomPorts } from "../../service.ts";
import { checkSender } from "../destinations.ts";
import { destinationInvalid, destinationsInvalid, notSupported } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction } from "../function.ts";
import { admit, type Followed, follow } from "../lookup.ts";
import { type Named, qualified, resolveName } from "../name.ts";
import {
  functionDoesNotExist, otherRegionsSource, queueDoesNotExist, roleNotPermitted, selfManagedWithoutAccess, sourceUnrecognized, streamNotFound, tenantsTarget, visibilityTooShort,
} from "./mapping-errors.ts";
import { NOT_SERVED, type SourceRules, sourceRules } from "./source-rules.ts";

export interface TargetFunction extends Followed {
  named: Named;
  /** As targeted. */
  arn: string;
}

interface GivenSource { EventSourceArn?: string | undefined; SelfManagedEventSource?: unknown; SourceAccessConfigurations?: unknown }

/** Throws for what is no event source, and by name for what is none here. */
export async function findSource({ sources }: Pick<RoomPorts, "sources">, given: GivenSource): Promise<{ sourceArn: string; rules: SourceRules; source: Source }> {
  if (given.SelfManagedEventSource !== undefined) {
    if (given.SourceAccessConfigurations === undefined) throw selfManagedWithoutAccess();
    throw notSupported("self-managed Kafka as an event source");
  }
  const sourceArn = given.EventSourceArn;
  if (sourceArn === undefined) throw sourceUnrecognized();
  const service = parseArn(sourceArn)?.service ?? "";
  if (Object.hasOwn(NOT_SERVED, service)) throw notSupported(`${NOT_SERVED[service]} as an event source`);
  const rules = sourceRules(sourceArn);
  if (!rules) throw sourceUnrecognized();
  const source = await sources.find(sourceArn);
  if (!source) throw notSupported(`${rules.name} as an event source`);
  return { sourceArn, rules, source };
}

export async function findTarget(ports: Pick<RoomPorts, "stores" | "access">, functionName: string, call: Call, action: string): Promise<TargetFunction> {
  const named = resolveName(functionName, undefined, call);
  await admit(ports, named, call, action);
  const fn = await ports.stores.documents<LambdaFunction>(FUNCTIONS).get(named.id);
  const followed = fn && (await follow(ports.stores, fn, named.qualifier ?? "$LATEST"));
  if (!followed) throw functionDoesNotExist();
  if (fn.settings.tenantIsolation) throw tenantsTarget();
  return { ...followed, named, arn: qualified(named.arn, named.qualifier) };
}

/** In AWS's order: what the role may do is asked last; of another account's source first, and in every mode, so that accounts do not see each other. */
export async function checkConnection(ports: Pick<RoomPorts, "access">, { version }: Followed, connected: Awaited<ReturnType<typeof findSource>>, call: Call): Promise<void> {
  const { sourceArn, source } = connected;
  const { region, account } = parseArn(sourceArn)!;
  if (region !== call.region) throw otherRegionsSource();
  const isForeign = account !== call.account;
  if (isForeign) await checkRole(ports, version.settings.role, connected, "enforce");
  if (source.kind === "queue") {
    const queue = await source.describe(sourceArn);
    if (!queue) throw queueDoesNotExist();
    const { timeoutSeconds } = version.settings;
    if (queue.hiddenSeconds < timeoutSeconds) throw visibilityTooShort(queue.hiddenSeconds, timeoutSeconds);
  } else if (!(await source.shards(sourceArn))) throw streamNotFound(sourceArn);
  if (!isForeign) await checkRole(ports, version.settings.role, connected, ports.access.mode);
}

async function checkRole({ access }: Pick<RoomPorts, "access">, roleArn: string, { sourceArn, rules, source }: Awaited<ReturnType<typeof findSource>>, mode: IamMode): Promise<void> {
  if (mode === "off") return;
  for (const action of source.actions) {
    const question = { actor: { roleArn }, action, resource: sourceArn };
    if (mode === "audit") await access.check(question);
    else if (!(await access.decide(question)).allowed) throw roleNotPermitted(action, rules.name);
  }
}

const DESTINATIONS: Record<string, string> = { sqs: "SQS", sns: "SNS", s3: "S3" };

/** Where discarded batches of a stream may go. https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html */
export async function checkOnFailure(ports: Pick<RoomPorts, "targets" | "access">, arn: string | undefined, roleArn: string): Promise<void> {
  if (!arn) return;
  const service = parseArn(arn)?.service ?? "";
  if (!Object.hasOwn(DESTINATIONS, service) || arn.endsWith(".fifo")) throw destinationsInvalid(undefined, arn);
  if (!ports.targets.serves(arn)) throw notSupported(`destinations in ${DESTINATIONS[service]}`);
  if (!(await ports.targets.exists(arn))) throw destinationInvalid(arn);
  await checkSender(ports, roleArn, arn, (action) => roleNotPermitted(action, DESTINATIONS[service]!));
}
