// XML bodies by shape: restXml both ways, and the answers of awsQuery and ec2Query. https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings
import { DEPTH_MAX, readText, unreadable, writeText } from "./scalars.ts";
import { type Member, put, type Shape } from "./shape.ts";
import type { Element } from "./xml-parse.ts";

export function readXmlMembers(members: Member[], element: Element, depth = 0): Record<string, unknown> {
  if (depth > DEPTH_MAX) throw unreadable("");
  const out: Record<string, unknown> = {};
  for (const member of members) {
    const value = readMember(member, element, depth);
    if (value !== undefined) out[member.name] = value;
  }
  return out;
}

function readMember(member: Member, parent: Element, depth: number): unknown {
  const { shape, traits } = member;
  const name = traits.xmlName ?? member.name;
  if (traits.xmlAttribute) return parent.attributes[name] === undefined ? undefined : readText(shape, parent.attributes[name]);
  if (traits.xmlFlattened && (shape.kind === "list" || shape.kind === "map")) {
    const found = parent.children.filter((child) => child.name === name);
    return found.length === 0 ? undefined : shape.kind === "list" ? found.map((child) => readXmlValue(shape.value!.shape, child, depth + 1)) : readEntries(shape, found, depth);
  }
  const child = parent.children.find((candidate) => candidate.name === name);
  return child && readXmlValue(shape, child, depth + 1);
}

export function readXmlValue(shape: Shape, element: Element, depth = 0): unknown {
  switch (shape.kind) {
    case "structure":
    case "union": return readXmlMembers(shape.members, element, depth);
    case "list": {
      const itemName = shape.value!.traits.xmlName ?? "member";
      return element.children.filter((child) => child.name === itemName).map((child) => readXmlValue(shape.value!.shape, child, depth + 1));
    }
    case "map": return readEntries(shape, element.children.filter((child) => child.name === "entry"), depth);
    case "string": return element.text;
    default: return readText(shape, element.text.trim());
  }
}

function readEntries(shape: Shape, entries: Element[], depth: number): Record<string, unknown> {
  const keyName = shape.key!.traits.xmlName ?? "key";
  const valueName = shape.value!.traits.xmlName ?? "value";
  const out: Record<string, unknown> = {};
  for (const entry of entries) {
    const key = entry.children.find((child) => child.name === keyName);
    const value = entry.children.find((child) => child.name === valueName);
    if (key && value) put(out, key.text, readXmlValue(shape.value!.shape, value, depth + 1));
  }
  return out;
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;" };
const escapeOne = (character: string): string => ESCAPES[character] ?? "";
// XML 1.0 has no place at all for the other control characters, so they are left out.
// oxlint-disable-next-line no-control-regex -- control characters are the point
const ESCAPED = /[&<>"\r\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
export const escapeXml = (text: string): string => text.replace(ESCAPED, escapeOne);

export const xmlElement = (name: string, content: string, attributes = ""): string => `<${name}${attributes}>${content}</${name}>`;

export const xmlnsOf = (uri: string | undefined): string => (uri ? ` xmlns="${escapeXml(uri)}"` : "");

const memberXmlns = (member: Member): string => {
  const [prefix, uri] = member.traits.xmlNamespace ?? [];
  return uri ? ` xmlns${prefix ? `:${prefix}` : ""}="${escapeXml(uri)}"` : "";
};

/** The members as child elements, in the model's order. With `millis` dates always have milliseconds: S3's do, where others leave zeros out. */
export function writeXmlMembers(members: Member[], value: Record<string, unknown>, millis = false): string {
  let out = "";
  for (const member of members) {
    const inner = value[member.name];
    if (inner !== undefined && inner !== null && !member.traits.xmlAttribute) out += writeXmlMember(member, inner, millis);
  }
  return out;
}

export function xmlAttributes(members: Member[], value: Record<string, unknown>): string {
  let out = "";
  for (const member of members) {
    const inner = value[member.name];
    if (member.traits.xmlAttribute && inner !== undefined && inner !== null) out += ` ${member.traits.xmlName ?? member.name}="${escapeXml(writeText(member.shape, inner, "date-time"))}"`;
  }
  return out;
}

export function writeXmlMember(member: Member, value: unknown, millis = false, name = member.traits.xmlName ?? member.name): string {
  const { shape, traits } = member;
  if (traits.xmlFlattened && shape.kind === "list") return (value as unknown[]).map((item) => writeXmlMember(shape.value!, item, millis, name)).join("");
  if (traits.xmlFlattened && shape.kind === "map") return writeEntries(shape, value as Record<string, unknown>, millis, name);
  const isStructure = shape.kind === "structure" || shape.kind === "union";
  const attributes = memberXmlns(member) + (isStructure ? xmlAttributes(shape.members, value as Record<string, unknown>) : "");
  return xmlElement(name, writeContent(shape, value, millis), attributes);
}

function writeContent(shape: Shape, value: unknown, millis: boolean): string {
  switch (shape.kind) {
    case "structure":
    case "union": return writeXmlMembers(shape.members, value as Record<string, unknown>, millis);
    case "list": return (value as unknown[]).map((item) => writeXmlMember(shape.value!, item ?? "", millis)).join("");
    case "map": return writeEntries(shape, value as Record<string, unknown>, millis, "entry");
    default: return escapeXml(millis && value instanceof Date ? value.toISOString() : writeText(shape, value, "date-time"));
  }
}

function writeEntries(shape: Shape, map: Record<string, unknown>, millis: boolean, name: string): string {
  let out = "";
  for (const [key, value] of Object.entries(map)) {
    if (value === undefined || value === null) continue;
    out += xmlElement(name, xmlElement(shape.key!.traits.xmlName ?? "key", escapeXml(key)) + writeXmlMember(shape.value!, value, millis, shape.value!.traits.xmlName ?? "value"));
  }
  return out;
}
