// Message attributes of SNS as a filter policy sees them: https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html
import { numberOf, parseEvent } from "./numbers.ts";

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** `type` as published: String, String.Array, Number, Binary, or one of them with a label. A Binary attribute is as if it were not there. */
export function attributesEvent(attributes: Record<string, { type: string; value: string }>): Record<string, unknown> {
  const event = Object.create(null) as Record<string, unknown>;
  for (const [name, { type, value }] of Object.entries(attributes)) {
    if (type === "String.Array") event[name] = arrayOf(value);
    else if (type === "String" || type.startsWith("String.")) event[name] = value;
    else if (type === "Number" || type.startsWith("Number.")) event[name] = NUMBER.test(value) ? numberOf(value) : value;
  }
  return event;
}

/** What is no array of scalars matches nothing. */
function arrayOf(text: string): unknown[] {
  try {
    const value = parseEvent(text);
    return Array.isArray(value) ? value.filter((element) => typeof element !== "object" || element === null) : [];
  } catch {
    return [];
  }
}
