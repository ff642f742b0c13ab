// Events on their way through a pipe: as they are handed on, and as templates and paths see them, with what they carry decoded. Pure.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html#implicit-body-parsing
import { type Looking, looking, parsePath, valueAt } from "../../patterns/input-path.ts";
import { fill, isObjectTemplate } from "../../patterns/input-template.ts";
import { isJson, parseKeeping } from "../../patterns/json-text.ts";
import type { Pipe } from "./pipe.ts";
import { pipeArn } from "./pipe.ts";

/** What a stage is given for one event. */
export interface Transformed {
  text: string;
  /** Otherwise it is a text. */
  isJson: boolean;
  /** The event before it, for parameters that are paths: "Dynamic path parameters can't reference new or transformed values". */
  event: unknown;
}

/** A JSON template that is no JSON when it is filled. */
export class BadTransformation extends Error {}

/** Members that carry data, by the source. Records of DynamoDB carry it as it is. */
const CARRIED: Record<string, { text?: string[]; base64?: string[] }> = {
  "aws:sqs": { text: ["body"] },
  "aws:kinesis": { base64: ["data"] },
  "aws:amq": { base64: ["data"] },
  "aws:rmq": { base64: ["data"] },
  "aws:kafka": { base64: ["key", "value"] },
  SelfManagedKafka: { base64: ["key", "value"] },
};

/** With what it carries decoded, and parsed where that is JSON. */
export function decoded(event: unknown): unknown {
  if (typeof event !== "object" || event === null || Array.isArray(event)) return event;
  const record = event as Record<string, unknown>;
  const { text = [], base64 = [] } = CARRIED[String(record["eventSource"])] ?? {};
  const seen: Record<string, unknown> = { ...record };
  for (const name of text) if (typeof record[name] === "string") seen[name] = parsed(record[name]);
  for (const name of base64) if (typeof record[name] === "string") seen[name] = parsed(Buffer.from(record[name], "base64").toString());
  return seen;
}

function parsed(text: string): unknown {
  try {
    return parseKeeping(text);
  } catch {
    return text;
  }
}

/** Without a template the event itself. Throws BadTransformation, InputTooLarge. */
export function transform(template: string | undefined, event: unknown, pipe: Pipe, nowMs: number, left: Looking = looking()): Transformed {
  const seen = decoded(event);
  if (template === undefined) return { ...asText(event), event: seen };
  const valueOf = (name: string): unknown => (name.startsWith("$") ? at(seen, name, left) : reserved(name, pipe, event, seen, nowMs));
  const alone = /^\s*<([^<>\s]*)>\s*$/.exec(template)?.[1];
  // A path by itself is what it finds: `<$.body>`. AWS's guide says that objects lose their quotes then, and users hand whole bodies to event buses and functions by it.
  if (alone !== undefined) return { ...asText(valueOf(alone) ?? ""), event: seen };
  // What begins as JSON may be a text all the same, `[INFO] <$.body>`, but no object.
  const json = /^\s*[[{"]/.test(template) ? fill(template, valueOf) : "";
  if (isJson(json)) return { text: json, isJson: true, event: seen };
  if (isObjectTemplate(template)) throw new BadTransformation("The transformed input is not valid JSON.");
  return { text: fill(template, valueOf, true), isJson: false, event: seen };
}

const asText = (value: unknown): { text: string; isJson: boolean } => (typeof value === "string" ? { text: value, isJson: false } : { text: JSON.stringify(value), isJson: true });

function at(event: unknown, path: string, left?: Looking): unknown {
  const steps = parsePath(path);
  return steps && valueAt(event, steps, left);
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html#input-transform-reserved */
function reserved(name: string, pipe: Pipe, event: unknown, seen: unknown, nowMs: number): unknown {
  switch (name) {
    case "aws.pipes.pipe-arn": return pipeArn(pipe);
    case "aws.pipes.pipe-name": return pipe.name;
    case "aws.pipes.source-arn": return pipe.source;
    case "aws.pipes.enrichment-arn": return pipe.enrichment;
    case "aws.pipes.target-arn": return pipe.target;
    case "aws.pipes.event.ingestion-time": return new Date(nowMs).toISOString();
    case "aws.pipes.event": return event;
    case "aws.pipes.event.json": return seen;
    default: return undefined;
  }
}

/** A parameter that is a path is what it finds in the event; undefined when that is nothing. "The entire value needs to be a JSON path, not only part of it." */
export function parameter(value: string | undefined, event: unknown): string | undefined {
  if (value === undefined || !value.startsWith("$.")) return value;
  const found = at(event, value);
  return found === undefined || typeof found === "string" ? found : JSON.stringify(found);
}

/** All of them as one JSON array. */
export const asArray = (events: Transformed[]): string => `[${events.map(({ text, isJson: json }) => (json ? text : JSON.stringify(text))).join(",")}]`;
