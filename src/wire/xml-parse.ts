// A small reader for the XML that AWS clients send: no document types, no entities but XML's own five. https://www.w3.org/TR/xml/
import { DEPTH_MAX, unreadable } from "./scalars.ts";

export interface Element {
  /** Without its prefix. */
  name: string;
  /** By their full names, prefix included. */
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

/** The largest documents (S3 DeleteObjects, 1,000 keys) have some thousand. */
const ELEMENTS_MAX = 100_000;

const NAMED: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };
const utf8 = new TextDecoder("utf-8", { fatal: true });
const NAME = /[\w.:\-\u00b7-\uffff]+/y;
const ATTRIBUTE = /\s+([\w.:\-\u00b7-\uffff]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_END = /\s*(\/?)>/y;

/** Throws SerializationException; restXml answers it as MalformedXML. */
export function parseXml(bytes: Uint8Array): Element {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw malformed();
  }
  const document: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [document];
  let at = 0;
  let markups = 0;
  while (at < text.length) {
    if (++markups > 2 * ELEMENTS_MAX) throw malformed();
    const next = text.indexOf("<", at);
    const parent = open.at(-1)!;
    const between = text.slice(at, next < 0 ? text.length : next);
    if (between) parent.text += decodeEntities(between);
    if (next < 0) break;
    at = markup(text, next, open, parent);
  }
  const root = document.children[0];
  if (open.length !== 1 || !root || document.children.length > 1 || document.text.trim() !== "") throw malformed();
  return root;
}

/** Reads one piece of markup at `at`; the answer is where it ends. */
function markup(text: string, at: number, open: Element[], parent: Element): number {
  if (text.startsWith("<?", at)) return after(text, "?>", at);
  if (text.startsWith("<!--", at)) return after(text, "-->", at + 4);
  if (text.startsWith("<![CDATA[", at)) {
    const end = after(text, "]]>", at);
    parent.text += text.slice(at + 9, end - 3);
    return end;
  }
  if (text.startsWith("</", at)) {
    const name = match(NAME, text, at + 2)[0];
    if (open.length < 2 || parent.name !== localName(name)) throw malformed();
    open.pop();
    return after(text, ">", at);
  }
  const name = match(NAME, text, at + 1)[0]; // refuses <!DOCTYPE
  const element: Element = { name: localName(name), attributes: {}, children: [], text: "" };
  let end = at + 1 + name.length;
  for (;;) {
    ATTRIBUTE.lastIndex = end;
    const attribute = ATTRIBUTE.exec(text);
    if (!attribute) break;
    if (attribute[1] !== "__proto__") element.attributes[attribute[1]!] = decodeEntities(attribute[2] ?? attribute[3] ?? "");
    end = ATTRIBUTE.lastIndex;
  }
  const close = match(TAG_END, text, end);
  parent.children.push(element);
  if (close[1] === "") open.push(element);
  if (open.length > DEPTH_MAX) throw malformed();
  return end + close[0].length;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (!found) throw malformed();
  return found;
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  if (found < 0) throw malformed();
  return found + mark.length;
}

const localName = (name: string): string => name.slice(name.indexOf(":") + 1);

function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|(\w{1,8}));|&/g, (_, decimal?: string, hex?: string, name?: string) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined;
    const decoded = code !== undefined ? (code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : undefined) : name && Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
    if (decoded === undefined) throw malformed();
    return decoded;
  });
}

const malformed = () => unreadable("The XML you provided was not well-formed or did not validate against our published schema");
