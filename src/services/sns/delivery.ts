// What becomes of published messages: the room's durable work, kind by kind.
import type { RoomPorts } from "../service.ts";
import { openDeliverHttp } from "./deliver-http.ts";
import { openDeliverLambda } from "./deliver-lambda.ts";
import { openDeliverPerson } from "./deliver-person.ts";
import { openDeliverAllSqs, openDeliverSqs } from "./deliver-sqs.ts";
import { CONFIRMATIONS, openConfirmations } from "./delivery-confirmation.ts";
import { DEAD_LETTERS, openDeadLetters } from "./delivery-dead-letters.ts";
import { FAN_OUT, openFanOut } from "./delivery-fan-out.ts";
import { openTopicMetrics } from "./delivery-metrics.ts";
import type { Deliver } from "./delivery-outcome.ts";
import { openDeliveryStatus } from "./delivery-status.ts";
import { openTries, TRIES, type TryParts } from "./delivery-tries.ts";
import { openRendering } from "./message-rendering.ts";
import { FORGETTING, openForgetting } from "./publish-fifo.ts";
import { openReplays, REPLAYS } from "./replays.ts";
import { openSigning } from "./signing.ts";

/** Messages of one group of a FIFO topic: with two commits for each they were 65 to 82 a second. */
const TOGETHER = 10;

/** Called once, when the room opens. */
export function registerDeliveries(ports: RoomPorts): void {
  const { lanes, clock } = ports;
  const sign = openSigning(ports);
  const rendering = openRendering(ports, sign);
  const count = openTopicMetrics(ports);
  const http = openDeliverHttp(ports, rendering);
  const person = openDeliverPerson(ports, rendering);
  const parts: TryParts = {
    clock, rendering, count, logStatus: openDeliveryStatus(ports), deliverAll: openDeliverAllSqs(ports, rendering),
    deliver: { http, https: http, lambda: openDeliverLambda(ports, rendering), sqs: openDeliverSqs(ports, rendering), email: person, "email-json": person, sms: person, application: person, firehose: noFirehose },
  };
  lanes.register(FAN_OUT, openFanOut(ports, parts), { together: TOGETHER });
  lanes.register(TRIES, openTries(ports, parts), { together: TOGETHER });
  lanes.register(DEAD_LETTERS, openDeadLetters(ports, count));
  lanes.register(CONFIRMATIONS, openConfirmations(ports, sign));
  lanes.register(REPLAYS, openReplays(ports, parts));
  lanes.register(FORGETTING, openForgetting(ports));
}

/** Such subscriptions are refused, so none is there. */
const noFirehose: Deliver = async () => ({ result: "never", providerResponse: "Evoke does not serve Amazon Data Firehose" });
