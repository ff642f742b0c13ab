// Message attributes: what they may be, what they weigh, and their MD5. Pure.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
import { createHash } from "node:crypto";
import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import { forbiddenCharacter } from "./body.ts";
import {
  attributeCharacters, attributeEmpty, attributeLists, attributeNameCharacters, attributeNameReserved, attributeNameTooLong, attributeNotANumber, attributeTypeTooLong, attributeTypeUnknown,
  attributeWithoutType, systemAttributeType, systemAttributeUnknown, tooManyAttributes,
} from "./message-errors.ts";

/** As it is stored. */
export interface StoredAttribute {
  type: string;
  text?: string;
  /** Base64. */
  binary?: string;
}

export type StoredAttributes = Record<string, StoredAttribute>;

type Given = Record<string, MessageAttributeValue>;

const ATTRIBUTES_MAX = 10;
/** Letters with accents are let through, though no page says so (observed by LocalStack). */
const NAME = /^[\u00c0-\u017fA-Za-z0-9_.-]+$/;
const RESERVED = /^(aws\.|amazon\.|\.)|\.$/i;
const TYPE = /^(String|Number|Binary)(\..+)?$/;
/** Up to 38 digits, 10^-128 to 10^126: documented. No two parts can take the same digits: a megabyte of them would stop the process for minutes. */
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;

/** Undefined where there are none. */
export function readAttributes(given: Given | undefined): StoredAttributes | undefined {
  const entries = Object.entries(given ?? {});
  if (entries.length === 0) return undefined;
  if (entries.length > ATTRIBUTES_MAX) throw tooManyAttributes(entries.length);
  return Object.fromEntries(entries.map(([name, value]) => [name, readAttribute(name, value)]));
}

function readAttribute(name: string, value: MessageAttributeValue): StoredAttribute {
  if (Buffer.byteLength(name) >= 256) throw attributeNameTooLong();
  if (!NAME.test(name)) throw attributeNameCharacters();
  if (RESERVED.test(name) || name.includes("..")) throw attributeNameReserved();
  const type = value.DataType;
  if (!type) throw attributeWithoutType(name);
  const [, kind] = TYPE.exec(type) ?? [];
  if (!kind) throw attributeTypeUnknown(type);
  if (Buffer.byteLength(type) >= 256) throw attributeTypeTooLong();
  if (value.StringListValues?.length || value.BinaryListValues?.length) throw attributeLists();
  if (kind === "Binary") {
    if (!value.BinaryValue?.byteLength) throw attributeEmpty(name, kind);
    return { type, binary: Buffer.from(value.BinaryValue).toString("base64") };
  }
  const text = value.StringValue;
  if (!text) throw attributeEmpty(name, kind);
  const forbidden = forbiddenCharacter(text);
  if (forbidden !== undefined) throw attributeCharacters(name, forbidden);
  if (kind === "Number" && !NUMBER.test(text)) throw attributeNotANumber(name);
  return { type, text };
}

/** The one system attribute a sender may set. */
export const TRACE_HEADER = "AWSTraceHeader";

export function readTraceAttribute(given: Given | undefined): StoredAttribute | undefined {
  for (const name of Object.keys(given ?? {})) if (name !== TRACE_HEADER) throw systemAttributeUnknown(name);
  const value = given?.[TRACE_HEADER];
  if (!value) return undefined;
  if (value.DataType !== "String") throw systemAttributeType(TRACE_HEADER);
  return readAttribute(TRACE_HEADER, value);
}

/** Names, types and values count towards the size of a message. */
export function attributesBytes(attributes: StoredAttributes): number {
  let bytes = 0;
  for (const [name, { type, text, binary }] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(type) + (text === undefined ? Buffer.byteLength(binary!, "base64") : Buffer.byteLength(text));
  }
  return bytes;
}

const TRANSPORT_TEXT = Buffer.from([1]);
const TRANSPORT_BINARY = Buffer.from([2]);

/** The MD5 that clients check: each name, type and value after its length, sorted by name. Documented on the page above. */
export function attributesMd5(attributes: StoredAttributes): string {
  const hash = createHash("md5");
  const add = (bytes: Buffer) => {
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.byteLength);
    hash.update(length).update(bytes);
  };
  for (const name of Object.keys(attributes).sort()) {
    const { type, text, binary } = attributes[name]!;
    add(Buffer.from(name));
    add(Buffer.from(type));
    hash.update(text === undefined ? TRANSPORT_BINARY : TRANSPORT_TEXT);
    add(text === undefined ? Buffer.from(binary!, "base64") : Buffer.from(text));
  }
  return hash.digest("hex");
}

/** Those that were asked for: names, "prefix.*", "All", ".*". */
export function selectAttributes(attributes: StoredAttributes, names: string[]): StoredAttributes {
  if (names.some((name) => name === "All" || name === ".*" || name === "*")) return attributes;
  const prefixes = names.filter((name) => name.endsWith(".*")).map((name) => name.slice(0, -2));
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix))));
}

/** As the API shows them. */
export const shownAttributes = (attributes: StoredAttributes): Record<string, MessageAttributeValue> =>
  Object.fromEntries(Object.entries(attributes).map(([name, { type, text, binary }]) => [name, { DataType: type, ...(text === undefined ? { BinaryValue: Buffer.from(binary!, "base64") } : { StringValue: text }) }]));
