// Events of services themselves, on the default bus. What PutEvents refuses of others, sources that begin with "aws.", is theirs.
import type { DefaultBus, ServiceEvent } from "../../ports/default-bus.ts";
import type { RoomPorts } from "../service.ts";
import { arrivalSends } from "./arriving.ts";
import { DEFAULT } from "./bus.ts";
import { eventText } from "./event.ts";
import { openRuleBook } from "./rule-book.ts";

export function openDefaultBus({ stores, clock, ids, lanes }: Pick<RoomPorts, "stores" | "clock" | "ids" | "lanes">): DefaultBus {
  const book = openRuleBook(stores);
  const sends = async ({ account, region, source, detailType, resources, detail, timeMs, traceId }: ServiceEvent) => {
    const nowMs = clock.now();
    const id = ids.uuid();
    const text = eventText({ id, detailType, source, account, timeMs: timeMs ?? nowMs, region, resources, detail: JSON.stringify(detail) });
    return arrivalSends(book, { bus: { account, region, name: DEFAULT }, ingestedMs: nowMs, ...(traceId !== undefined && { traceId }) }, id, text);
  };
  return {
    sends,
    async emit(event) {
      const stored = await sends(event);
      for (const send of stored) await lanes.send(send);
      return stored.length;
    },
  };
}
