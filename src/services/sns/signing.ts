// Signatures of messages, which receivers check against the certificate that each message names.
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
import { sign } from "node:crypto";
import type { RoomPorts } from "../service.ts";
import { openSigningKey } from "./signing-key.ts";

export type SignatureVersion = "1" | "2";

export interface Signature {
  version: SignatureVersion;
  /** Base64 */
  value: string;
  certificateUrl: string;
}

/** What is signed: members by the names they have in JSON; those that are absent are left out. */
export type Signable = Record<string, string | undefined>;

const HASHES: Record<SignatureVersion, string> = { 1: "sha1", 2: "sha256" };
const NOTIFICATION = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const CONFIRMATION = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

export function stringToSign(message: Signable): string {
  const names = message["Type"] === "Notification" ? NOTIFICATION : CONFIRMATION;
  return names.filter((name) => message[name] !== undefined).map((name) => `${name}\n${message[name]}\n`).join("");
}

export type Sign = (message: Signable, version: SignatureVersion) => Promise<Signature>;

export function openSigning(ports: Pick<RoomPorts, "stores" | "clock" | "ids" | "endpointUrl">): Sign {
  const key = openSigningKey(ports);
  return async (message, version) => {
    const { privateKey, certificatePath } = await key();
    // On a thread of its own: a signature takes the better part of a millisecond.
    const value = await new Promise<Buffer>((resolve, reject) => sign(HASHES[version], Buffer.from(stringToSign(message)), privateKey, (error, signature) => (error ? reject(error) : resolve(signature))));
    return { version, value: value.toString("base64"), certificateUrl: `${ports.endpointUrl()}${certificatePath}` };
  };
}
