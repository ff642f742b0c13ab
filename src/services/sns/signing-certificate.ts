// A self-signed X.509 certificate for an RSA key, so that receivers can check signatures with what they have. DER by hand: it is six nested lists.
// https://www.rfc-editor.org/rfc/rfc5280#section-4.1
import { createPublicKey, type KeyObject, sign } from "node:crypto";

export interface CertificateOptions {
  privateKey: KeyObject;
  /** Of both issuer and subject. */
  commonName: string;
  /** Positive, at most 20 bytes. */
  serial: Uint8Array;
  notBeforeMs: number;
  notAfterMs: number;
}

/** The certificate in DER. */
export function selfSigned({ privateKey, commonName, serial, notBeforeMs, notAfterMs }: CertificateOptions): Buffer {
  const algorithm = list(oid(1, 2, 840, 113549, 1, 1, 11), tlv(0x05)); // sha256WithRSAEncryption
  const name = list(tlv(0x31, list(oid(2, 5, 4, 3), tlv(0x0c, Buffer.from(commonName)))));
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const certificate = list(
    tlv(0xa0, integer(Uint8Array.of(2))), // version 3
    integer(serial), algorithm, name, list(time(notBeforeMs), time(notAfterMs)), name, publicKey,
  );
  return list(certificate, algorithm, tlv(0x03, Buffer.of(0), sign("sha256", certificate, privateKey)));
}

export const pemOf = (certificate: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate).toString("base64").replace(/.{64}/g, "$&\n").trimEnd()}\n-----END CERTIFICATE-----\n`;

function tlv(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const size = body.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const list = (...parts: Uint8Array[]): Buffer => tlv(0x30, ...parts);

/** With a zero before it where it would read as negative. */
const integer = (bytes: Uint8Array): Buffer => tlv(0x02, ...(bytes[0]! >= 0x80 ? [Buffer.of(0)] : []), bytes);

function oid(first: number, second: number, ...rest: number[]): Buffer {
  const base128 = (arc: number): number[] => (arc < 0x80 ? [arc] : [...base128(arc >> 7).map((byte) => byte | 0x80), arc & 0x7f]);
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTCTime until 2049, as the RFC demands, GeneralizedTime from then on. */
function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().slice(0, 19).replace(/\D/g, "")}Z`;
  return digits < "2050" ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}
