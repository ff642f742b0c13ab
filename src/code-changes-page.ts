// POST /_evoke/code-changes: UpdateFunctionCode with what has changed in a package alone, for `evoke dev` with large folders.
// Only where everybody may do everything anyway; elsewhere, and wherever it does not fit, UpdateFunctionCode takes the whole package.
import type { Clock } from "./kernel/clock.ts";
import type { Call } from "./kernel/call.ts";
import type { Ids } from "./kernel/ids.ts";
import { BadCode } from "./ports/code.ts";
import type { ServedService } from "./gateway/gateway.ts";
import type { WireRequest, WireResponse } from "./wire/http.ts";

/** Of a function's configuration. */
interface About {
  CodeSha256?: string;
  RevisionId?: string;
}

export interface CodeChangesParts {
  clock: Clock;
  ids: Ids;
  /** Where the request does not say. */
  region: string;
  /** Signatures are verified or policies enforced, so not everybody may change any function. */
  strict: boolean;
  patched(baseId: string, removed: string[], added: Uint8Array): Promise<Uint8Array | undefined>;
  /** Lambda's. */
  operations(): Promise<ServedService["operations"]>;
}

const BODY_BYTES_MAX = 8 * 1024 ** 2;
const REMOVED_MAX = 20_000;
const PATH_CHARACTERS_MAX = 4096;
/** One is done at a time, with packages of many megabytes; so many may wait. */
const WAITING_MAX = 16;

interface Changes {
  functionName: string;
  region: string;
  /** The CodeSha256 of the package that the function has. */
  base: string;
  removed: string[];
  /** A zip of what is new or other than before. Where nothing is, nothing is removed either, something is going to be. */
  added: Uint8Array;
}

export function codeChangesPages(parts: CodeChangesParts): Record<string, (request: WireRequest, account: string) => Promise<WireResponse>> {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    async "/_evoke/code-changes"(request, account) {
      if (request.method !== "POST") return refused(405, "POST only");
      if (parts.strict) return refused(403, "Where signatures are verified or policies enforced, code is changed by UpdateFunctionCode alone.");
      const text = Buffer.from(await request.body.bytes(BODY_BYTES_MAX)).toString("utf8");
      let changes: Changes;
      try {
        changes = readChanges(text, parts.region);
      } catch (error) {
        return refused(400, (error as Error).message);
      }
      if (waiting >= WAITING_MAX) return refused(429, "Others are changing code, one after the other. Try again.");
      waiting++;
      const answer = last.then(() => change(parts, changes, account, request)).finally(() => waiting--);
      last = answer.catch(() => undefined);
      return answer;
    },
  };
}

async function change(parts: CodeChangesParts, { functionName: FunctionName, region, base, removed, added }: Changes, account: string, request: WireRequest): Promise<WireResponse> {
  const operations = await parts.operations();
  const call = callOf(parts, account, region, request);
  const before: About = await operations["GetFunctionConfiguration"]!({ FunctionName }, call);
  if (before.CodeSha256 !== base) return refused(412, `${FunctionName} has other code: ${before.CodeSha256}`);
  let zip: Uint8Array | undefined;
  try {
    zip = await parts.patched(Buffer.from(base, "base64").toString("hex"), removed, added);
  } catch (error) {
    if (error instanceof BadCode) return refused(400, error.message);
    throw error;
  }
  if (!zip) return refused(412, `the code of ${FunctionName} is not of evoke dev`);
  if (removed.length === 0 && added.byteLength <= EMPTY_ZIP_BYTES) return json(200, { CodeSha256: base });
  const { CodeSha256 }: About = await operations["UpdateFunctionCode"]!({ FunctionName, ZipFile: zip, RevisionId: before.RevisionId }, call);
  return json(200, { CodeSha256 });
}

const EMPTY_ZIP_BYTES = 22;

/** Throws an Error whose message is for the caller. */
function readChanges(text: string, region: string): Changes {
  let given: Record<string, unknown>;
  try {
    given = { ...(JSON.parse(text) as object) };
  } catch {
    throw new Error('the body is a JSON object: {"functionName":"hello","base":"<CodeSha256>","removed":["old.js"],"added":"<a zip in base64, which may be empty>"}');
  }
  const { functionName, base, removed = [], added } = given;
  const where = given["region"] ?? region;
  if (typeof functionName !== "string" || !/^[\w-]{1,64}$/.test(functionName)) throw new Error("functionName is a function's name");
  if (typeof where !== "string" || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(where)) throw new Error('region is a text such as "eu-west-1"');
  if (typeof base !== "string" || !/^[\w+/]{43}=$/.test(base)) throw new Error("base is the CodeSha256 of the code that the function has");
  if (!Array.isArray(removed) || removed.length > REMOVED_MAX || !removed.every((path) => typeof path === "string" && path.length <= PATH_CHARACTERS_MAX)) throw new Error(`removed is a list of at most ${REMOVED_MAX} paths`);
  if (typeof added !== "string") throw new Error("added is a zip in base64");
  return { functionName, region: where, base, removed: removed as string[], added: Buffer.from(added, "base64") };
}

function callOf({ clock, ids }: CodeChangesParts, account: string, region: string, { headers }: WireRequest): Call {
  const principal = { arn: `arn:aws:iam::${account}:root`, accountId: account, userId: account, accessKeyId: "", verified: false };
  return { account, region, principal, requestId: ids.uuid(), now: new Date(clock.now()), signal: new AbortController().signal, sourceIp: "127.0.0.1", userAgent: headers["user-agent"] ?? "", host: headers["host"] ?? "" };
}

const json = (status: number, value: object): WireResponse => ({ status, headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff" }, body: `${JSON.stringify(value, undefined, 2)}\n` });
const refused = (status: number, error: string): WireResponse => json(status, { error });
