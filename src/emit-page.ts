// POST /_evoke/events: an event of any AWS service on the default event bus of an account, as the service itself would put it there; PutEvents refuses sources that begin with "aws.".
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
import type { Clock } from "./kernel/clock.ts";
import { isObjectText, parseKeeping } from "./patterns/json-text.ts";
import type { DefaultBus, ServiceEvent } from "./ports/default-bus.ts";
import type { WireRequest, WireResponse } from "./wire/http.ts";

export interface EmitParts {
  defaultBus: DefaultBus;
  clock: Clock;
  /** Where the event does not say. */
  region: string;
  /** Signatures are verified, so others than its owner may reach this platform. */
  strict: boolean;
}

/** As PutEvents: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
const BODY_BYTES_MAX = 1_048_576;
const TEXT_MAX = 256;
const RESOURCES_MAX = 100;
const RESOURCE_MAX = 2048;

export function emitPages(parts: EmitParts): Record<string, (request: WireRequest, account: string) => Promise<WireResponse>> {
  return {
    async "/_evoke/events"(request, account) {
      if (request.method !== "POST") return refused(405, "POST only");
      if (parts.strict) return refused(403, "Where signatures are verified, nobody speaks for AWS's services. Start Evoke without --credentials, on this machine alone.");
      const text = Buffer.from(await request.body.bytes(BODY_BYTES_MAX)).toString("utf8");
      let event: ServiceEvent & { timeMs: number };
      try {
        event = readEvent(text, { account, region: parts.region, nowMs: parts.clock.now() });
      } catch (error) {
        return refused(400, (error as Error).message);
      }
      const { source, detailType, account: of, region, timeMs } = event;
      const taken = (await parts.defaultBus.emit(event)) > 0;
      return json(200, { source, "detail-type": detailType, account: of, region, time: `${new Date(timeMs).toISOString().slice(0, 19)}Z`, taken });
    },
  };
}

const MEMBERS = new Set(["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"]);

/** EventBridge's envelope, of which only source and detail-type are needed; its id and version are made anew. Throws an Error whose message is for the caller. */
export function readEvent(text: string, given: { account: string; region: string; nowMs: number }): ServiceEvent & { timeMs: number } {
  if (!isObjectText(text)) throw new Error('the body is an event: a JSON object such as {"source":"aws.ec2","detail-type":"EC2 Instance State-change Notification","detail":{}}');
  const event = parseKeeping(text) as Record<string, unknown>;
  const unknown = Object.keys(event).find((name) => !MEMBERS.has(name));
  if (unknown !== undefined) throw new Error(`an event has no "${unknown.slice(0, TEXT_MAX)}"; it has ${[...MEMBERS].join(", ")}`);
  const { account = given.account, region = given.region, resources = [], detail = {} } = event;
  if (typeof account !== "string" || !/^\d{12}$/.test(account)) throw new Error("account is a text of twelve digits");
  if (typeof region !== "string" || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) throw new Error('region is a text such as "eu-west-1"');
  if (!Array.isArray(resources) || resources.length > RESOURCES_MAX || !resources.every((arn) => typeof arn === "string" && arn.length <= RESOURCE_MAX)) throw new Error(`resources is a list of at most ${RESOURCES_MAX} ARNs`);
  if (typeof detail !== "object" || detail === null || Array.isArray(detail)) throw new Error("detail is a JSON object");
  return { source: textOf(event, "source"), detailType: textOf(event, "detail-type"), account, region, resources: resources as string[], detail, timeMs: timeOf(event["time"]) ?? given.nowMs };
}

function textOf(event: Record<string, unknown>, name: string): string {
  const value = event[name];
  if (typeof value !== "string" || value === "" || value.length > TEXT_MAX) throw new Error(`${name} is a text of 1 to ${TEXT_MAX} characters`);
  return value;
}

function timeOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const ms = typeof value === "string" && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(ms)) throw new Error('time is a text such as "2026-11-20T10:00:00Z"');
  return ms;
}

const json = (status: number, value: object): WireResponse => ({ status, headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff" }, body: `${JSON.stringify(value, undefined, 2)}\n` });
const refused = (status: number, error: string): WireResponse => json(status, { error });
