// Log groups as where rules of EventBridge, and pipes, deliver. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
import { parseArn } from "../../kernel/arn.ts";
import type { Target } from "../../ports/targets.ts";
import type { RoomPorts } from "../service.ts";
import { noSuchGroup } from "./errors.ts";
import { type Group, type GroupKey, GROUPS, groupId } from "./group.ts";

export function groupTarget({ stores, logs, clock }: RoomPorts): Target {
  const keyOf = (arn: string): GroupKey | undefined => {
    const { account = "", region = "", resource = "" } = parseArn(arn) ?? {};
    const name = /^log-group:([^:]+)(:\*)?$/.exec(resource)?.[1];
    return name === undefined ? undefined : { account, region, name };
  };
  const find = async (arn: string): Promise<GroupKey | undefined> => {
    const key = keyOf(arn);
    return key && (await stores.documents<Group>(GROUPS).get(groupId(key))) ? key : undefined;
  };
  return {
    service: "logs",
    exists: async (arn) => (await find(arn)) !== undefined,
    async deliver(arn, { body, log }, { sourceArn }) {
      const key = await find(arn);
      if (!key) throw noSuchGroup();
      // AWS makes streams with names of its own, which are not documented: here it is one per sender.
      logs.put({ account: key.account, region: key.region, group: key.name, stream: log?.stream ?? streamOf(sourceArn) }, [log ? { timestamp: log.timeMs ?? clock.now(), message: body } : eventOf(body, clock.now())]);
      await logs.flush();
    },
  };
}

const streamOf = (sourceArn = "events"): string => sourceArn.slice(sourceArn.lastIndexOf(":") + 1).replaceAll("*", "_");

/** A template may give timestamp and message (eb-transform-target-input, "Amazon CloudWatch log group"); otherwise it is the event itself, now. */
function eventOf(body: string, nowMs: number): { timestamp: number; message: string } {
  try {
    const { timestamp, message, ...rest } = JSON.parse(body) as Record<string, unknown>;
    const atMs = typeof timestamp === "number" ? timestamp : Date.parse(String(timestamp));
    if (Object.keys(rest).length === 0 && message !== undefined && !Number.isNaN(atMs)) return { timestamp: atMs, message: typeof message === "string" ? message : JSON.stringify(message) };
  } catch { /* it is a text */ }
  return { timestamp: nowMs, message: body };
}
