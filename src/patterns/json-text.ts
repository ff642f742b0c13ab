// JSON as events carry it: the text they were sent with, without the blanks between its parts. Numbers keep all their digits.

/** Valid JSON without white space outside its strings. */
export function compact(json: string): string {
  let result = "";
  let from = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      result += json.slice(from, at);
      from = at + 1;
    }
  }
  return from === 0 ? json : result + json.slice(from);
}

/** JSON.parse for what is written again with `JSON.stringify`: a number that would not look the same stays as it was written. Throws SyntaxError. */
export function parseKeeping(json: string): unknown {
  // Whole numbers of 15 digits are always exact.
  if (!/\d[.eE]|\d{16}|-0/.test(json)) return JSON.parse(json);
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  return JSON.parse(json, (_key, value: unknown, context?: { source?: string }) => (typeof value === "number" && context?.source !== undefined && String(value) !== context.source ? rawJSON(context.source) : value));
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Deeper ones would run into the end of the stack where they are read or written member by member; AWS's own reader (Jackson) stops there, too. */
const DEPTH_MAX = 1000;

export const isObjectText = (text: string): boolean => /^\s*\{/.test(text) && !isDeep(text) && isJson(text);

function isDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > DEPTH_MAX) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}
