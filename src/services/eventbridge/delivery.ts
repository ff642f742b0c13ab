// What becomes of events that are accepted: the room's durable work, kind by kind.
import type { RoomPorts } from "../service.ts";
import { ARCHIVING, openArchiving, sweepArchives } from "./archiving.ts";
import { ROUTING } from "./arriving.ts";
import { AUTHORIZING, openAuthorizing, tokensOf } from "./connection-tokens.ts";
import { openDeliverBus } from "./deliver-bus.ts";
import { openDeliverHttp } from "./deliver-http.ts";
import { openDeliverLambda } from "./deliver-lambda.ts";
import { openDeliverResource } from "./deliver-resource.ts";
import { DEAD_LETTERS, openDeadLetters } from "./delivery-dead-letters.ts";
import { openEventMetrics } from "./delivery-metrics.ts";
import { openRouting } from "./delivery-routing.ts";
import { openTries, TRIES, type TryParts } from "./delivery-tries.ts";
import { openOwnEvents, OWN_EVENTS } from "./own-events.ts";
import { runReplays } from "./replays.ts";
import type { RuleBook } from "./rule-book.ts";
import { runSchedules } from "./schedule.ts";

/** Called once, when the room opens. */
export function registerDeliveries(ports: RoomPorts, book: RuleBook): void {
  const { lanes, background } = ports;
  const count = openEventMetrics(ports);
  const tokens = tokensOf(ports);
  const deliver: TryParts["deliver"] = { lambda: openDeliverLambda(ports), resource: openDeliverResource(ports), "event-bus": openDeliverBus(ports, book), "api-destination": openDeliverHttp(ports) };
  const parts: TryParts = { clock: ports.clock, deliver, count };
  lanes.register(ROUTING, openRouting(ports, book, parts));
  lanes.register(TRIES, openTries(ports, parts));
  lanes.register(DEAD_LETTERS, openDeadLetters(ports, count));
  lanes.register(ARCHIVING, openArchiving(ports));
  lanes.register(AUTHORIZING, openAuthorizing(ports, tokens));
  lanes.register(OWN_EVENTS, openOwnEvents(ports));
  background("events: schedules", (signal) => runSchedules(ports, signal));
  background("events: replays", (signal) => runReplays(ports, signal));
  background("events: archives' retention", (signal) => sweepArchives(ports, signal));
}
