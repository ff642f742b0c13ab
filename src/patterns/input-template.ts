// Templates with values in them: of EventBridge's input transformers and of pipes. Pure.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html, eb-pipes-input-transformation.html

const PLACEHOLDER = /<([^<>\s]*)>/g;

export const placeholdersOf = (template: string): string[] => [...template.matchAll(PLACEHOLDER)].map(([, name]) => name!);

/** Of what a template may grow to: what a target is sent is an event again. */
const CHARACTERS_MAX = 1_048_576;

/** A template whose text came out longer than an event may be, or that takes too much work. */
export class InputTooLarge extends Error {}

export const isObjectTemplate = (template: string): boolean => template.trimStart().startsWith("{");

/** The text with every `<name>` filled in; each name is asked for once. `isText`: all of it is a text, without quotes around it, as pipes may have it. */
export function fill(template: string, valueOf: (name: string) => unknown, isText = false): string {
  const isObject = isObjectTemplate(template);
  const isInString = isText ? () => true : stringsOf(template);
  const values = new Map<string, unknown>(); // a template may name the same thousands of times
  let characters = template.length;
  return template.replace(PLACEHOLDER, (_all, name: string, at: number) => {
    if (!values.has(name)) values.set(name, valueOf(name));
    const value = values.get(name);
    // "If you specify a variable to match a JSON path that doesn't exist in the event, that variable isn't created"; recorded: an empty text stands for it.
    const said = !isInString(at) ? JSON.stringify(value === undefined ? "" : value) : isObject ? textInJson(value) : textInText(value);
    characters += said.length;
    if (characters > CHARACTERS_MAX) throw new InputTooLarge(`The input transformer's text is longer than ${CHARACTERS_MAX} characters`);
    return said;
  });
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
