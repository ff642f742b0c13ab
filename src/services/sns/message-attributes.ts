// Message attributes as publishers give them: what is allowed, what they weigh, and how they are kept.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import type { MessageAttribute } from "./message.ts";
import { attributeNameCharacter, attributeNameEmpty, attributeNameEnd, attributeNameStart, attributeNameSuccessiveDots, attributeNameTooLong, attributeNotNumber, attributeTypeUnknown, attributeValueMissing, attributeWrongField } from "./publish-errors.ts";

const NAME_CHARACTERS_MAX = 256;
const TYPE = /^(String|Number|Binary)(\..+)?$/s;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** A String.Array that is no JSON array is let through; filter policies make nothing of it. */
export function readMessageAttributes(given: Record<string, MessageAttributeValue> | undefined): Record<string, MessageAttribute> {
  const attributes = Object.create(null) as Record<string, MessageAttribute>; // one may be called __proto__
  for (const [name, value] of Object.entries(given ?? {})) {
    checkName(name);
    attributes[name] = readValue(name, value);
  }
  return attributes;
}

function checkName(name: string): void {
  if (name === "") throw attributeNameEmpty();
  if (name.length > NAME_CHARACTERS_MAX) throw attributeNameTooLong();
  if (name.startsWith(".")) throw attributeNameStart();
  if (name.endsWith(".")) throw attributeNameEnd();
  for (const character of name) if (!/[\w.-]/.test(character)) throw attributeNameCharacter(character);
  if (name.includes("..")) throw attributeNameSuccessiveDots();
}

function readValue(name: string, { DataType: type, StringValue: text, BinaryValue: bytes }: MessageAttributeValue): MessageAttribute {
  const kind = TYPE.exec(type ?? "")?.[1];
  if (type === undefined || kind === undefined) throw attributeTypeUnknown(name);
  if (text === undefined && bytes === undefined) throw attributeValueMissing(name, type);
  if (kind === "Binary") {
    if (bytes === undefined) throw attributeWrongField(name, type, "Binary");
    if (bytes.byteLength === 0) throw attributeValueMissing(name, type);
    return { type, value: Buffer.from(bytes).toString("base64") };
  }
  if (text === undefined) throw attributeWrongField(name, type, "String");
  if (text === "") throw attributeValueMissing(name, type);
  if (kind === "Number" && !NUMBER.test(text)) throw attributeNotNumber(name);
  return { type, value: text };
}

/** "All parts of the message attribute, including name, type, and value, are included in the message size restriction": in UTF-8, Binary as its bytes. */
export function messageBytes(text: string, attributes: Record<string, MessageAttribute>): number {
  let bytes = Buffer.byteLength(text);
  for (const [name, { type, value }] of Object.entries(attributes)) bytes += Buffer.byteLength(name) + Buffer.byteLength(type) + Buffer.byteLength(value, type.startsWith("Binary") ? "base64" : "utf8");
  return bytes;
}
