// To another event bus, of this account and region or of others. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-bus-to-bus.html
import { partitionOf } from "../../kernel/arn.ts";
import type { Principal } from "../../kernel/call.ts";
import type { RoomPorts } from "../service.ts";
import { arrivalSends } from "./arriving.ts";
import { type BusKey, busKeyOf, findBus } from "./bus.ts";
import { type Deliver, type Delivery, failed, never } from "./delivery-outcome.ts";
import type { RuleBook } from "./rule-book.ts";

type Ports = Pick<RoomPorts, "stores" | "access" | "lanes" | "clock" | "ids">;

/** The event itself goes on; with an id of its own in another region (recorded). */
export const openDeliverBus = (ports: Ports, book: RuleBook): Deliver => async (delivery) => {
  const { rule, target, text, path, traceId } = delivery;
  const bus = busKeyOf(target.Arn!)!;
  const refusal = hopRefusal(path.map((arn) => busKeyOf(arn)!), bus, delivery.id);
  if (refusal) return refusal;
  try {
    if (!(await findBus(ports.stores, bus))) return never("NO_RESOURCE", `Event bus ${bus.name} does not exist.`);
    const sentence = await refused(ports, delivery, bus);
    if (sentence !== undefined) return never("NO_PERMISSIONS", sentence);
    const [id, sent] = bus.region === rule.bus.region ? [delivery.id, text] : withNewId(text, ports.ids.uuid());
    for (const send of await arrivalSends(book, { bus, ingestedMs: ports.clock.now(), path, ...(traceId !== undefined && { traceId }) }, id, sent)) await ports.lanes.send(send);
    return { result: "delivered" };
  } catch (error) {
    return failed(error);
  }
};

/**
 * "EventBridge can't route events received from a sender event bus to a third event bus" (eb-bus-to-bus; of accounts, eb-cross-account): one hop within
 * a region and one between regions, as the two codes say. What AWS answers to a second hop within an account, code and sentence, a user measured in
 * October 2026; which code stands for which mixed way is concluded.
 */
function hopRefusal(path: BusKey[], to: BusKey, id: string): ReturnType<typeof never> | undefined {
  if (path.some(({ account, region, name }) => account === to.account && region === to.region && name === to.name)) return never(LOOP, "The event has been on this event bus already.");
  const abroad = path.at(-1)!.region !== to.region;
  if (!path.slice(1).some(({ region }, n) => (region !== path[n]!.region) === abroad)) return undefined;
  return never(abroad ? "THIRD_REGION_HOP_DETECTED" : "THIRD_ACCOUNT_HOP_DETECTED", `Event ingestion rejected for event ${id} because an event can be sent to an event bus target only once. This event was previously delivered to an event bus target.`);
}

/** Counted as DeadLetterInvocations: "invocations that would result in running the same rule again, causing an infinite loop" (eb-monitoring). */
export const LOOP = "LOOP_DETECTED";

/** The role's policies decide, or the bus's, on the sending account; within one account no permission is needed. */
async function refused({ access }: Ports, { rule, target }: Delivery, bus: BusKey): Promise<string | undefined> {
  const { account, region } = rule.bus;
  const roleArn = target.RoleArn ?? rule.roleArn;
  const question = { action: "events:PutEvents", resource: target.Arn! };
  if (roleArn !== undefined) return access.check({ ...question, actor: { roleArn } }).then(() => undefined, (error: Error) => error.message);
  if (bus.account === account) return undefined;
  const sender: Principal = { arn: `arn:${partitionOf(region)}:iam::${account}:root`, accountId: account, userId: account, accessKeyId: "", verified: true };
  const decision = await access.decide({ ...question, actor: sender });
  return decision.allowed ? undefined : decision.sentence || `The policy of ${target.Arn} does not let account ${account} put events.`;
}

const withNewId = (text: string, id: string): [id: string, text: string] => [id, text.replace(/^\{"version":"0","id":"[^"]*"/, `{"version":"0","id":"${id}"`)];
