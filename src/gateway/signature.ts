// Signature Version 4, computed: canonical request, string to sign, signing key, signature.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import type { WireRequest } from "../wire/http.ts";
import type { Claim } from "./claim.ts";

export const sha256Hex = (data: string | Uint8Array): string => hash("sha256", data, "hex");
export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** An HMAC-SHA256 key as its two padded blocks: hashing twice in one shot costs half of createHmac. */
export interface SigningKey {
  inner: Buffer;
  outer: Buffer;
}

const BLOCK_BYTES = 64;
const KEYS_MAX = 1000;
const keys = new Map<string, SigningKey>();

/** The signing key of a secret for one day, region and service (`scopeText`), kept because deriving it costs four HMACs. */
export function signingKey(secretAccessKey: string, scopeText: string): SigningKey {
  const id = `${scopeText}\n${secretAccessKey}`;
  const known = keys.get(id);
  if (known) return known;
  let key: Buffer | string = `AWS4${secretAccessKey}`;
  for (const part of scopeText.split("/")) key = createHmac("sha256", key).update(part).digest();
  const made = { inner: padded(key as Buffer, 0x36), outer: padded(key as Buffer, 0x5c) };
  if (keys.size >= KEYS_MAX) keys.clear();
  keys.set(id, made);
  return made;
}

function padded(key: Buffer, pad: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES, pad);
  for (let i = 0; i < key.length; i++) block[i] = key[i]! ^ pad;
  return block;
}

export function sign(key: SigningKey, text: string): string {
  const inner = hash("sha256", Buffer.concat([key.inner, Buffer.from(text)]), "buffer");
  return hash("sha256", Buffer.concat([key.outer, inner]), "hex");
}

/** Takes the same time wherever two texts of one length differ. */
export function equalText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a, "latin1"), Buffer.from(b, "latin1")) && a === b;
}

export const stringToSign = (claim: Claim, canonical: string): string => `AWS4-HMAC-SHA256\n${claim.date}\n${claim.scope.text}\n${sha256Hex(canonical)}`;

export function canonicalRequest(request: WireRequest, claim: Claim, payloadHash: string): string {
  const path = claim.scope.service === "s3" || claim.scope.service === "s3-object-lambda" ? canonicalPathOfS3(request.path) : canonicalPath(request.path);
  let headers = "";
  for (const name of claim.signedHeaders.split(";")) headers += `${name}:${collapse(request.headers[name] ?? "")}\n`;
  return `${request.method}\n${path}\n${canonicalQuery(request.query, claim.by === "query")}\n${headers}\n${claim.signedHeaders}\n${payloadHash}`;
}

const collapse = (value: string): string => (value.includes("  ") ? value.replace(/ +/g, " ") : value).trim();

/** Every service but S3: dot segments and empty segments go, and what is already encoded is encoded once more. */
export function canonicalPath(path: string): string {
  if (/^[\w.~/-]*$/.test(path) && !path.includes("//") && !path.includes("/.")) return path || "/";
  const kept: string[] = [];
  const segments = path.split("/");
  for (const segment of segments) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(encode(segment));
  }
  const last = segments.at(-1)!;
  const trailing = kept.length && (last === "" || last === "." || last === "..") ? "/" : "";
  return `/${kept.join("/")}${trailing}`;
}

/** S3 keys may hold anything, so nothing is normalised and nothing is encoded twice. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
export function canonicalPathOfS3(path: string): string {
  return /^[\w.~/-]*$/.test(path) ? path || "/" : path.split("/").map((segment) => encode(decode(segment))).join("/");
}

export function canonicalQuery(query: string, presigned: boolean): string {
  if (query === "") return "";
  const pairs: [string, string][] = [];
  for (const part of query.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = decode((equals < 0 ? part : part.slice(0, equals)).replaceAll("+", " "));
    if (presigned && name === "X-Amz-Signature") continue;
    pairs.push([encode(name), equals < 0 ? "" : encode(decode(part.slice(equals + 1).replaceAll("+", " ")))]);
  }
  pairs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

/** AWS's encoding leaves only A-Z a-z 0-9 - . _ ~ alone; encodeURIComponent also leaves ! ' ( ) *. Lone surrogates become U+FFFD rather than throw. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);

function decode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
