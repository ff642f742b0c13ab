// What a target is given: the event, a part of it, a text of its own, or a template filled from the event. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
import type { Target } from "@aws-sdk/client-eventbridge";
import { parsePath, valueAt } from "../../patterns/input-path.ts";
import { fill, isObjectTemplate } from "../../patterns/input-template.ts";
import { compact, isJson, parseKeeping } from "../../patterns/json-text.ts";
import { isoTime } from "./event.ts";

/** What templates know without a path. */
export const PREDEFINED = ["aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event", "aws.events.event.json"];

export interface Matched {
  ruleArn: string;
  ruleName: string;
  ingestedMs: number;
  /** The event's JSON. */
  text: string;
}

/** Undefined: there is nothing to send; what a path does not find is not sent, nor is a JSON template that is no JSON when filled (recorded). */
export function inputFor({ Input, InputPath, InputTransformer }: Pick<Target, "Input" | "InputPath" | "InputTransformer">, matched: Matched): string | undefined {
  if (Input !== undefined) return Input;
  if (InputPath !== undefined) {
    const value = valueAt(parseKeeping(matched.text), parsePath(InputPath)!);
    return value === undefined ? undefined : JSON.stringify(value);
  }
  return InputTransformer ? filled(InputTransformer.InputTemplate!, InputTransformer.InputPathsMap ?? {}, matched) : matched.text;
}

function filled(template: string, paths: Record<string, string>, matched: Matched): string | undefined {
  const event = parseKeeping(matched.text);
  const text = fill(template, (name) => (PREDEFINED.includes(name) ? predefined(name, matched, event as Record<string, unknown>) : valueAt(event, parsePath(paths[name]!)!)));
  if (!isObjectTemplate(template)) return text;
  return isJson(text) ? compact(text) : undefined;
}

function predefined(name: string, { ruleArn, ruleName, ingestedMs }: Matched, event: Record<string, unknown>): unknown {
  if (name === "aws.events.rule-arn") return ruleArn;
  if (name === "aws.events.rule-name") return ruleName;
  if (name === "aws.events.event.ingestion-time") return isoTime(ingestedMs);
  if (name === "aws.events.event.json") return event;
  const { detail: _detail, "detail-type": detailType, ...rest } = event;
  return { ...rest, detailType }; // recorded: without its detail, and in camel case
}
