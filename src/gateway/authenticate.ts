// Who is calling: any credentials in development, verified Signature Version 4 once credentials are configured.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
import { createHmac } from "node:crypto";
import { formatArn } from "../kernel/arn.ts";
import type { Principal } from "../kernel/call.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Identity, KnownKey } from "../ports/identity.ts";
import type { WireRequest } from "../wire/http.ts";
import { type Refusal, refusal } from "./auth-errors.ts";
import { type Claim, compact, parseCompact } from "./claim.ts";
import type { ConfiguredKey } from "./listen-address.ts";
import { canonicalRequest, equalText, sha256Hex, sign, type SigningKey, signingKey, stringToSign } from "./signature.ts";
import { isSignedVersion2, stringToSignVersion2 } from "./signature-v2.ts";
import { hashedBody } from "./request-body.ts";

export interface Caller {
  principal: Principal;
  /** Present when the signature was verified; chunk signatures continue from it. */
  signed?: { key: SigningKey; claim: Claim };
}

export interface Authenticator {
  /** Development accepts anyone and verifies nothing. */
  strict: boolean;
  /** Throws ServiceError in the service's words. A verified body hash is checked at the latest when the body has been read. */
  identify(request: WireRequest, claim: Claim, service: string): Caller | Promise<Caller>;
  /** Of a form to S3, whose policy is signed. */
  identifyForm(request: WireRequest, signed: SignedPolicy): Promise<Principal>;
  anonymous: Principal;
}

export interface SignedPolicy {
  claim: Claim;
  /** Base64, as it was sent. */
  policy: string;
}

export const DEVELOPMENT_ACCOUNT = "000000000000";
const SKEW_MS_MAX = 15 * 60_000;
const PRESIGN_SECONDS_MAX = 604_800;
/** AWS's own limit for CreateFunction, the largest request that is not streamed (its RequestEntityTooLarge sentence names it). */
export const BUFFERED_BYTES_MAX = 70_167_211;
/** An issued key that is deleted stops working within this time. */
const KEY_KEPT_MS = 1000;
const KEYS_KEPT_MAX = 1000;

export function openAuthenticator(configured: Map<string, ConfiguredKey>, identity: Identity, clock: Clock): Authenticator {
  const find = keyFinder(configured, identity, clock);
  const strict = configured.size > 0;
  const anonymous = rootOf(DEVELOPMENT_ACCOUNT, "");
  const judge = (request: WireRequest, claim: Claim, service: string, known: Found): Caller | Promise<Caller> => {
    if (strict) return verify(request, claim, service, known, clock.machineNow());
    checkCurrent(known, clock.machineNow(), (kind) => refusal(kind, request, service));
    const { accessKeyId } = claim.scope;
    return { principal: known ? { ...known.principal, verified: false } : rootOf(accountOf(accessKeyId), accessKeyId) };
  };
  const identify = (request: WireRequest, claim: Claim, service: string): Caller | Promise<Caller> => {
    const found = find(claim.scope.accessKeyId);
    return found instanceof Promise ? found.then((known) => judge(request, claim, service, known)) : judge(request, claim, service, found);
  };
  const identifyForm = async (request: WireRequest, { claim, policy }: SignedPolicy): Promise<Principal> => {
    const known = await find(claim.scope.accessKeyId);
    if (strict) return verifyPolicy(request, claim, policy, known, clock.machineNow());
    checkCurrent(known, clock.machineNow(), (kind) => refusal(kind, request, "s3"));
    return known ? { ...known.principal, verified: false } : rootOf(accountOf(claim.scope.accessKeyId), claim.scope.accessKeyId);
  };
  return { strict, identify, identifyForm, anonymous };
}

/** In development a 12-digit access key id chooses the account. */
export const accountOf = (accessKeyId: string): string => (/^\d{12}$/.test(accessKeyId) ? accessKeyId : DEVELOPMENT_ACCOUNT);

export function rootOf(account: string, accessKeyId: string): Principal {
  return { arn: formatArn("iam", "", account, "root"), accountId: account, userId: account, accessKeyId, verified: false };
}

type Found = KnownKey | undefined;

function keyFinder(configured: Map<string, ConfiguredKey>, identity: Identity, clock: Clock): (accessKeyId: string) => Found | Promise<Found> {
  const fixed = new Map<string, KnownKey>();
  for (const [id, { secretAccessKey }] of configured) fixed.set(id, { secretAccessKey, principal: rootOf(accountOf(id), id) });
  const kept = new Map<string, { key: KnownKey; untilMs: number }>();
  const ask = async (accessKeyId: string): Promise<Found> => {
    const key = await identity.findKey(accessKeyId);
    if (kept.size >= KEYS_KEPT_MAX) kept.clear();
    if (key) kept.set(accessKeyId, { key, untilMs: clock.monotonicMs() + KEY_KEPT_MS });
    return key;
  };
  return (accessKeyId) => {
    const known = fixed.get(accessKeyId);
    // Only ids of AWS's own form are ever issued; "test" and account numbers need no look-up.
    if (known || !/^A[KS]IA[A-Z0-9]{12,124}$/.test(accessKeyId)) return known;
    const recent = kept.get(accessKeyId);
    return recent && recent.untilMs > clock.monotonicMs() ? recent.key : ask(accessKeyId);
  };
}

/** Throws unless the key is there, with its token and still valid. */
function checkKey(claim: Claim, known: Found, nowMs: number, refuse: (kind: Refusal) => Error): asserts known is KnownKey {
  if (!known) throw refuse("unknown-key");
  if (known.sessionToken === undefined ? claim.sessionToken !== undefined : !equalText(claim.sessionToken ?? "", known.sessionToken)) throw refuse("bad-token");
  checkCurrent(known, nowMs, refuse);
}

/** Also where nothing is verified: what has been switched off or is over must not become the account's root, as keys nobody issued are. */
function checkCurrent(known: Found, nowMs: number, refuse: (kind: Refusal) => Error): void {
  if (known?.inactive) throw refuse("unknown-key");
  if (known?.expiresAtMs !== undefined && known.expiresAtMs <= nowMs) throw refuse("expired-token");
}

/** The policy itself is what is signed; how long it counts is in it. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html */
function verifyPolicy(request: WireRequest, claim: Claim, policy: string, known: Found, nowMs: number): Principal {
  const refuse = (kind: Refusal) => refusal(kind, request, "s3");
  checkKey(claim, known, nowMs, refuse);
  if (!claim.version2 && claim.scope.service !== "s3") throw refuse("mismatch");
  const signature = claim.version2 ? createHmac("sha1", known.secretAccessKey).update(policy).digest("base64") : sign(signingKey(known.secretAccessKey, claim.scope.text), policy);
  if (!equalText(signature, claim.signature)) throw refusal("mismatch", request, "s3", undefined, whatWasSigned(claim, policy));
  return { ...known.principal, verified: true };
}

async function verify(request: WireRequest, claim: Claim, service: string, known: Found, nowMs: number): Promise<Caller> {
  const refuse: Refuse = (kind, detail, members) => refusal(kind, request, service, detail, members);
  checkKey(claim, known, nowMs, refuse);
  if (claim.version2) {
    if (service !== "s3") throw refuse("algorithm", "Evoke does not verify AWS Signature Version 2. Please use AWS4-HMAC-SHA256.");
    if (claim.version2.expiresMs < nowMs) throw refuse("presign-expired", undefined, expired(claim.version2.expiresMs, nowMs));
    if (!isSignedVersion2(known.secretAccessKey, request, claim)) throw refuse("mismatch", undefined, whatWasSigned(claim, stringToSignVersion2(request, claim)));
    return { principal: { ...known.principal, verified: true } };
  }
  checkTime(claim, nowMs, refuse);
  checkSignedHeaders(request, claim, service, refuse);

  const key = signingKey(known.secretAccessKey, claim.scope.text);
  const payload = await payloadHash(request, claim, service);
  const canonical = canonicalRequest(request, claim, payload.hash);
  const text = stringToSign(claim, canonical);
  if (!equalText(sign(key, text), claim.signature)) throw refuse("mismatch", undefined, { ...whatWasSigned(claim, text), CanonicalRequest: canonical, CanonicalRequestBytes: bytesOf(canonical) });
  if (payload.promised) {
    request.body = hashedBody(request.body, payload.hash, () => refuse("body-hash"));
    // Only S3 streams its bodies; elsewhere nothing acts before the whole body is known to be the signed one.
    if (service !== "s3") await request.body.bytes(BUFFERED_BYTES_MAX);
  }
  return { principal: { ...known.principal, verified: true }, signed: { key, claim } };
}

type Refuse = (kind: Refusal, detail?: string, members?: Record<string, string>) => Error;

// What S3 says besides, so that who signed can compare: recorded by LocalStack.
const whatWasSigned = ({ scope, signature }: Claim, text: string): Record<string, string> => ({ AWSAccessKeyId: scope.accessKeyId, StringToSign: text, SignatureProvided: signature, StringToSignBytes: bytesOf(text) });
const bytesOf = (text: string): string => Buffer.from(text).toString("hex").replace(/..(?=.)/g, "$& ");
const expired = (endMs: number, nowMs: number): Record<string, string> => ({ Expires: secondOf(endMs), ServerTime: secondOf(nowMs) });
const secondOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

/** `promised`: the header's value was taken and the body must still prove to match it. */
async function payloadHash(request: WireRequest, claim: Claim, service: string): Promise<{ hash: string; promised: boolean }> {
  const given = request.headers["x-amz-content-sha256"];
  if (given !== undefined && /^[0-9a-f]{64}$/.test(given)) return { hash: given, promised: true };
  if (given === "UNSIGNED-PAYLOAD" || given?.startsWith("STREAMING-")) return { hash: given, promised: false };
  if (service === "s3" && claim.by === "query") return { hash: "UNSIGNED-PAYLOAD", promised: false };
  return { hash: sha256Hex(await request.body.bytes(BUFFERED_BYTES_MAX)), promised: false };
}

function checkTime(claim: Claim, nowMs: number, refuse: Refuse): void {
  const signedMs = parseCompact(claim.date);
  if (signedMs === undefined) throw refuse("incomplete", `Date must be in ISO-8601 'basic format'. Got '${claim.date}'. See http://en.wikipedia.org/wiki/ISO_8601`);
  const day = claim.date.slice(0, 8);
  if (day !== claim.scope.date) throw refuse("scope", `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${claim.scope.date}' != '${day}', from '${claim.date}'.`);
  // Sentences observed with these very numbers: github aws/aws-sdk-js#254, upmc-enterprises/registry-creds#24.
  if (signedMs > nowMs + SKEW_MS_MAX) throw refuse("skewed", `Signature not yet current: ${claim.date} is still later than ${compact(nowMs + SKEW_MS_MAX)} (${compact(nowMs)} + 15 min.)`);
  if (claim.expiresSeconds === undefined) {
    if (signedMs < nowMs - SKEW_MS_MAX) throw refuse("skewed", `Signature expired: ${claim.date} is now earlier than ${compact(nowMs - SKEW_MS_MAX)} (${compact(nowMs)} - 15 min.)`);
    return;
  }
  if (claim.expiresSeconds > PRESIGN_SECONDS_MAX) throw refuse("presign-too-long", "X-Amz-Expires must be less than a week (in seconds) that is 604800");
  const endMs = signedMs + claim.expiresSeconds * 1000;
  if (endMs < nowMs) throw refuse("presign-expired", `Signature expired: ${compact(endMs)} is now earlier than ${compact(nowMs)}`, { "X-Amz-Expires": String(claim.expiresSeconds), ...expired(endMs, nowMs) });
}

/** What is not signed could have been changed on the way, so whatever chooses the host or the operation must be. */
function checkSignedHeaders(request: WireRequest, claim: Claim, service: string, refuse: Refuse): void {
  const signed = `;${claim.signedHeaders};`;
  if (!signed.includes(";host;")) throw refuse("unsigned-header", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  if (request.headers["x-amz-target"] !== undefined && !signed.includes(";x-amz-target;")) throw refuse("unsigned-header", "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
  if (service !== "s3" && service !== "s3-control") return;
  // The payload hash is part of the canonical request whether or not its header is listed.
  const isUnsigned = (name: string): boolean => name.startsWith("x-amz-") && name !== "x-amz-content-sha256" && !signed.includes(`;${name};`);
  for (const name in request.headers) if (isUnsigned(name)) throw refuse("unsigned-header", undefined, { HeadersNotSigned: Object.keys(request.headers).filter(isUnsigned).sort().join(", ") });
}
