// PutPartnerEvents: a partner's events, on the bus that the customer has made for their source. Without one, or while it is deactivated, they go nowhere.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPartnerEvents.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { LaneSend } from "../../ports/lanes.ts";
import type { Api, RoomPorts } from "../service.ts";
import { arrivalSends } from "./arriving.ts";
import { openEventMetrics } from "./delivery-metrics.ts";
import { entriesTooLarge } from "./errors.ts";
import { eventText } from "./event.ts";
import { findSource, stateOf } from "./partner-source.ts";
import { BYTES_MAX, type Refusal, sizeOf, wrongSource, wrongWith } from "./put-events.ts";
import type { RuleBook } from "./rule-book.ts";

export function putPartnerEventsOperation(ports: Pick<RoomPorts, "stores" | "clock" | "ids" | "lanes" | "metrics">, book: RuleBook): Pick<Api<typeof Sdk>, "PutPartnerEvents"> {
  const { stores, clock, ids, lanes } = ports;
  const count = openEventMetrics(ports);
  return {
    async PutPartnerEvents({ Entries }, call) {
      const bytes = Entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      if (bytes > BYTES_MAX) throw entriesTooLarge();
      const nowMs = clock.now();
      const answers: (Refusal | { EventId: string })[] = [];
      const sends: LaneSend[] = [];
      for (const entry of Entries) {
        const { region } = call;
        const source = entry.Source ? await findSource(stores, { region, name: entry.Source }) : undefined;
        const state = source?.partner === call.account && source.deleted !== true ? stateOf(source, nowMs) : undefined;
        const refused = wrongWith(entry) ?? (state === undefined ? wrongSource : undefined);
        const id = ids.uuid();
        answers.push(refused ?? { EventId: id });
        if (refused || state !== "ACTIVE") continue;
        const { account, name } = source!;
        const text = eventText({ id, detailType: entry.DetailType!, source: name, account, timeMs: entry.Time?.getTime() ?? nowMs, region, resources: entry.Resources ?? [], detail: entry.Detail! });
        sends.push(...(await arrivalSends(book, { bus: { account, region, name }, ingestedMs: nowMs, ...(call.traceId !== undefined && { traceId: call.traceId }) }, id, text)));
      }
      if (sends.length > 0) await lanes.transaction(async (_tx, send) => { for (const one of sends) await send(one); });
      const failed = answers.filter((answer) => "ErrorCode" in answer).length;
      count("PutPartnerEventsEntriesCount", { bus: call }, Entries.length);
      count("PutPartnerEventsRequestSize", { bus: call }, bytes);
      if (failed > 0) count("PutPartnerEventsFailedEntriesCount", { bus: call }, failed);
      return { FailedEntryCount: failed, Entries: answers };
    },
  };
}
