// PutEvents: an event is accepted when it is stored, or when nothing on its bus wants it. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { Call } from "../../kernel/call.ts";
import { readTraceHeader } from "../../kernel/trace.ts";
import type { LaneSend } from "../../ports/lanes.ts";
import type { Api, RoomPorts } from "../service.ts";
import { arrivalSends } from "./arriving.ts";
import { admit, busKeyFor } from "./bus-lookup.ts";
import { type BusKey, busId, findBus } from "./bus.ts";
import { openEventMetrics } from "./delivery-metrics.ts";
import { entriesTooLarge, notSupported } from "./errors.ts";
import { eventText } from "./event.ts";
import { isObjectText } from "../../patterns/json-text.ts";
import type { RuleBook } from "./rule-book.ts";

/** "The total size of the entries … 1 MB", since January 2026 (it was 256 KB): https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
export const BYTES_MAX = 1_048_576;

export interface Refusal { ErrorCode: string; ErrorMessage: string }

export function putEventsOperation(ports: Pick<RoomPorts, "stores" | "access" | "clock" | "ids" | "lanes" | "metrics">, book: RuleBook): Pick<Api<typeof Sdk>, "PutEvents"> {
  const { stores, clock, ids, lanes } = ports;
  const count = openEventMetrics(ports);
  return {
    async PutEvents({ Entries, EndpointId }, call) {
      if (EndpointId !== undefined) throw notSupported("EndpointId (global endpoints)");
      const bytes = Entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      if (bytes > BYTES_MAX) throw entriesTooLarge();
      const nowMs = clock.now();
      const buses = await busesOf(ports, Entries, call);
      const answers: (Refusal | { EventId: string })[] = [];
      const sends: LaneSend[] = [];
      for (const entry of Entries) {
        const refused = wrongWith(entry) ?? (entry.Source!.startsWith("aws.") ? wrongSource : undefined);
        const bus = refused ? undefined : buses.get(busId(busKeyFor(entry.EventBusName, call)));
        if (refused) answers.push(refused);
        const id = ids.uuid();
        if (!refused) answers.push({ EventId: id });
        if (!bus) continue; // there is no such bus: accepted all the same (recorded)
        const traceId = readTraceHeader(entry.TraceHeader) ?? call.traceId;
        const text = eventText({ id, detailType: entry.DetailType!, source: entry.Source!, account: call.account, timeMs: entry.Time?.getTime() ?? nowMs, region: bus.region, resources: entry.Resources ?? [], detail: entry.Detail! });
        sends.push(...(await arrivalSends(book, { bus, ingestedMs: nowMs, ...(traceId !== undefined && { traceId }) }, id, text)));
      }
      if (sends.length > 0) await lanes.transaction(async (_tx, send) => { for (const one of sends) await send(one); });
      const failed = answers.filter((answer) => "ErrorCode" in answer).length;
      count("PutEventsEntriesCount", { bus: call }, Entries.length);
      count("PutEventsRequestSize", { bus: call }, bytes);
      if (failed > 0) count("PutEventsFailedEntriesCount", { bus: call }, failed);
      return { FailedEntryCount: failed, Entries: answers };
    },
  };

  /** Those that are there, by id. */
  async function busesOf(parts: typeof ports, entries: PutEventsRequestEntry[], call: Call): Promise<Map<string, BusKey>> {
    const found = new Map<string, BusKey>();
    for (const name of new Set(entries.map(({ EventBusName }) => EventBusName))) {
      const key = busKeyFor(name, call);
      await admit(parts, key, call, "PutEvents");
      if (await findBus(stores, key)) found.set(busId(key), key);
    }
    return found;
  }
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
export function sizeOf({ Time, Source = "", DetailType = "", Detail = "", Resources = [] }: PutEventsRequestEntry): number {
  return (Time ? 14 : 0) + [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

const required = (parameter: string): Refusal => ({ ErrorCode: "InvalidArgument", ErrorMessage: `Parameter ${parameter} is not valid. Reason: ${parameter} is a required argument.` });

/** Recorded (LocalStack's snapshots). */
export function wrongWith({ Source, DetailType, Detail }: PutEventsRequestEntry): Refusal | undefined {
  if (!Source) return required("Source");
  if (!DetailType) return required("DetailType");
  if (!Detail) return required("Detail");
  return isObjectText(Detail) ? undefined : { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
}

/** "NotAuthorizedForSourceException" as users have met it. */
export const wrongSource: Refusal = { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
