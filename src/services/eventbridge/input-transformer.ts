// What a target is given: the event, a part of it, a text of its own, or a template filled from the event. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
import type { Target } from "@aws-sdk/client-eventbridge";
import { isoTime } from "./event.ts";
import { parsePath, valueAt } from "./input-path.ts";
import { compact, isJson, parseKeeping } from "./json-text.ts";

/** What templates know without a path. */
export const PREDEFINED = ["aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event", "aws.events.event.json"];

const PLACEHOLDER = /<([^<>\s]*)>/g;

export const placeholdersOf = (template: string): string[] => [...template.matchAll(PLACEHOLDER)].map(([, name]) => name!);

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

/** Of what a template may grow to: what a target is sent is an event again. */
const CHARACTERS_MAX = 1_048_576;

/** A template whose text came out longer than an event may be. */
export class InputTooLarge extends Error {}

function filled(template: string, paths: Record<string, string>, matched: Matched): string | undefined {
  const event = parseKeeping(matched.text);
  const isObject = template.trimStart().startsWith("{");
  const isInString = stringsOf(template);
  let characters = template.length;
  const text = template.replace(PLACEHOLDER, (_all, name: string, at: number) => {
    const value = PREDEFINED.includes(name) ? predefined(name, matched, event as Record<string, unknown>) : valueAt(event, parsePath(paths[name]!)!);
    // "If you specify a variable to match a JSON path that doesn't exist in the event, that variable isn't created"; recorded: an empty text stands for it.
    const said = !isInString(at) ? JSON.stringify(value === undefined ? "" : value) : isObject ? textInJson(value) : textInText(value);
    characters += said.length;
    if (characters > CHARACTERS_MAX) throw new InputTooLarge(`The input transformer's text is longer than ${CHARACTERS_MAX} characters`);
    return said;
  });
  if (!isObject) return text;
  return isJson(text) ? compact(text) : undefined;
}

/** In a string of a JSON template: as it is, not escaped (documented); recorded: with an object or a list the template is then no JSON. */
const textInJson = (value: unknown): string => (typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value));

/** In a text: recorded are objects and lists without their quotes, `{acc_id:0a787ecb-4015,sf_id:baz}`, `[ACTIVE,INACTIVE]`, and true. */
const textInText = (value: unknown): string => (typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value).replaceAll('"', ""));

/** Whether a place is inside of quotes that are not escaped; asked from left to right. */
function stringsOf(template: string): (at: number) => boolean {
  let inString = false;
  let index = 0;
  return (at) => {
    for (; index < at; index++) {
      if (template[index] === "\\") index += 1;
      else if (template[index] === '"') inString = !inString;
    }
    return inString;
  };
}

function predefined(name: string, { ruleArn, ruleName, ingestedMs }: Matched, event: Record<string, unknown>): unknown {
  if (name === "aws.events.rule-arn") return ruleArn;
  if (name === "aws.events.rule-name") return ruleName;
  if (name === "aws.events.event.ingestion-time") return isoTime(ingestedMs);
  if (name === "aws.events.event.json") return event;
  const { detail: _detail, "detail-type": detailType, ...rest } = event;
  return { ...rest, detailType }; // recorded: without its detail, and in camel case
}
