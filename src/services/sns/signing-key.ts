// The key that messages are signed with, and its certificate: made at the first signature, kept in the stores, the same ever after.
import { createHash, createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { assert } from "../../kernel/assert.ts";
import { once } from "../../kernel/once.ts";
import type { RoomPorts } from "../service.ts";
import { pemOf, selfSigned } from "./signing-certificate.ts";

export interface SigningKey {
  privateKey: KeyObject;
  certificatePem: string;
  /** Where the certificate is served: "/SimpleNotificationService-HASH.pem". */
  certificatePath: string;
}

interface Stored {
  privateKeyPem: string;
  certificatePem: string;
}

const KEYS = "sns/signing-key";
const ID = "current";
export const CERTIFICATE_PATH = "/SimpleNotificationService-";
const YEARS_VALID = 30;
const YEAR_MS = 365 * 86_400_000;
/** Of an hour: other machines' clocks may be behind. */
const SKEW_MS = 3_600_000;

/** Reads it once; makes it when there is none. */
export function openSigningKey({ stores, clock, ids }: Pick<RoomPorts, "stores" | "clock" | "ids">): () => Promise<SigningKey> {
  const documents = stores.documents<Stored>(KEYS);
  return once(async () => {
    const known = await documents.get(ID);
    if (known) return keyOf(known);
    await documents.create(ID, await makeKey(clock.machineNow(), ids.bytes(16)));
    const stored = await documents.get(ID); // ours, or that of another process that was first
    assert(stored, "a signing key that was made is there");
    return keyOf(stored);
  });
}

async function makeKey(nowMs: number, serial: Uint8Array): Promise<Stored> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  serial[0]! &= 0x7f;
  serial[0]! |= 0x01; // neither negative nor with zeros in front
  const certificate = selfSigned({ privateKey, commonName: "sns.amazonaws.com", serial, notBeforeMs: nowMs - SKEW_MS, notAfterMs: nowMs + YEARS_VALID * YEAR_MS });
  return { privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }), certificatePem: pemOf(certificate) };
}

const keyOf = ({ privateKeyPem, certificatePem }: Stored): SigningKey => ({
  privateKey: createPrivateKey(privateKeyPem),
  certificatePem,
  certificatePath: `${CERTIFICATE_PATH}${createHash("sha256").update(certificatePem).digest("hex").slice(0, 32)}.pem`,
});
