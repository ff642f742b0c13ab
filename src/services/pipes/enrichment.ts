// What an enrichment makes of a batch. https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html
import { parseKeeping } from "../../patterns/json-text.ts";
import type { RoomPorts } from "../service.ts";
import { asArray, type Transformed } from "./event.ts";
import { StageFailure } from "./failure.ts";
import { callFunction } from "./functions.ts";
import type { Sent } from "./log-records.ts";
import { requestDestination } from "./http-requests.ts";
import type { Pipe } from "./pipe.ts";
import { enrichmentKind } from "./target-parameters.ts";

type Ports = Pick<RoomPorts, "access" | "events" | "ids" | "apiDestinations">;

/** Throws StageFailure and whatever the ports throw. */
export async function enrich(ports: Ports, pipe: Pipe, inputs: Transformed[], sent: Sent, traceId: string | undefined): Promise<unknown[]> {
  const arn = pipe.enrichment!;
  if (enrichmentKind(arn) === "lambda") {
    const answer = await callFunction(ports, pipe, arn, asArray(inputs), sent, traceId);
    return eventsIn(answer);
  }
  const [input] = inputs; // BatchSize is 1
  return eventsIn(await requestDestination(ports, pipe, arn, pipe.enrichmentParameters.HttpParameters, input!, sent));
}

/** "If you don't want to invoke the target, return an empty response, such as "", {}, or []." */
function eventsIn(answer: string): unknown[] {
  if (answer.trim() === "") return [];
  let value: unknown;
  try {
    value = parseKeeping(answer);
  } catch {
    return [answer];
  }
  if (Array.isArray(value)) return value;
  if (value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0)) return [];
  if (typeof value === "object") return [value];
  if (typeof value === "string") return [value];
  throw new StageFailure("failed", "The enrichment returned neither an object nor an array.");
}
