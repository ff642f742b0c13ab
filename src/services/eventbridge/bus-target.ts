// Others put events on a bus by its ARN: destinations of functions, schedules.
import type { Target } from "../../ports/targets.ts";
import type { RoomPorts } from "../service.ts";
import { arrivalSends } from "./arriving.ts";
import { busKeyOf, findBus } from "./bus.ts";
import { badTargetArn, busNotFound, malformedDetail } from "./errors.ts";
import { eventText } from "./event.ts";
import { isObjectText } from "../../patterns/json-text.ts";
import { openRuleBook } from "./rule-book.ts";

export function busTarget({ stores, clock, ids, lanes }: RoomPorts): Target {
  const book = openRuleBook(stores);
  return {
    service: "events",
    async exists(arn) {
      const bus = busKeyOf(arn);
      return bus !== undefined && (await findBus(stores, bus)) !== undefined;
    },
    async deliver(arn, { body, event, traceId }, { account }) {
      const bus = busKeyOf(arn);
      if (!bus) throw badTargetArn(arn);
      if (!(await findBus(stores, bus))) throw busNotFound(bus.name);
      if (!event || !isObjectText(body)) throw malformedDetail();
      const nowMs = clock.now();
      const id = ids.uuid();
      const text = eventText({ id, detailType: event.detailType, source: event.source, account, timeMs: event.timeMs ?? nowMs, region: bus.region, resources: event.resources, detail: body });
      for (const send of await arrivalSends(book, { bus, ingestedMs: nowMs, ...(traceId !== undefined && { traceId }) }, id, text)) await lanes.send(send);
    },
  };
}
