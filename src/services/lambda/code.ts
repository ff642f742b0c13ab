// Deployment packages on their way in, with the request or from a bucket: AWS's limits and sentences around the code port.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-package.html
import type { Call } from "../../kernel/call.ts";
import { ServiceError } from "../../kernel/errors.ts";
import { LAMBDA } from "../../kernel/limits.ts";
import { BadCode, type CodePackage } from "../../ports/code.ts";
import type { FoundObject, ObjectName } from "../../ports/objects.ts";
import type { RoomPorts } from "../service.ts";
import { codeAccessDenied, codeChanged, codeEmpty, codeNotRead, invalidParameter, notSupported, notUnzippable, otherCodeGiven, unzippedTooLarge, zippedTooLarge } from "./errors.ts";

/** Where a package comes from. */
export type CodeSource = { zip: Uint8Array } | ObjectName;

/** One of the code port's `add` and `check`. */
type Read = (zip: Uint8Array) => Promise<CodePackage>;

interface Given {
  ZipFile?: Uint8Array | undefined;
  S3Bucket?: string | undefined;
  S3Key?: string | undefined;
  S3ObjectVersion?: string | undefined;
  S3ObjectStorageMode?: string | undefined;
}

/** What a request gives as code, or as a layer; undefined when it is nothing whole. Throws when it gives two. */
export function codeSourceIn({ ZipFile: zip, S3Bucket: bucket, S3Key: key, S3ObjectVersion: versionId, S3ObjectStorageMode: mode }: Given): CodeSource | undefined {
  if (mode === "REFERENCE") throw notSupported("the S3ObjectStorageMode REFERENCE (code that stays in its bucket; COPY copies it)");
  if (zip && (bucket || key || versionId)) throw otherCodeGiven();
  if (zip) return { zip };
  return bucket && key ? { bucket, key, ...(versionId ? { versionId } : {}) } : undefined;
}

export interface CodeReader {
  read(source: CodeSource, call: Call, read: Read): Promise<CodePackage>;
}

/** Packages of buckets are in memory whole, and a request that names one costs its caller nothing: no more than this at once, or one that is larger. */
const HELD_BYTES_MAX = 2 * LAMBDA.zipBytesMax;

export function openCodeReader({ objects }: Pick<RoomPorts, "objects">): CodeReader {
  const inTurn = openTurns(HELD_BYTES_MAX);
  const find = (source: ObjectName, call: Call): Promise<FoundObject> => objects.find(source, call).catch((error: unknown) => { throw refusedByS3(error, source); });
  return {
    async read(source, call, read) {
      if ("zip" in source) {
        if (source.zip.byteLength > LAMBDA.zipBytesMax) throw zippedTooLarge();
        return readZip(source.zip, read);
      }
      const { sizeBytes } = await find(source, call);
      // A package in a bucket may be as large as what is in it may be.
      if (sizeBytes > LAMBDA.unzippedBytesMax) throw unzippedTooLarge();
      return inTurn(sizeBytes, async () => {
        const found = await find(source, call); // again: it may have changed, or gone, since its turn was asked for
        if (found.sizeBytes > sizeBytes) throw codeChanged();
        const zip = await collect(found);
        if (zip.byteLength < found.sizeBytes) throw codeChanged();
        return readZip(zip, read);
      });
    },
  };
}

/** Less than its size when it was removed while it was read. */
async function collect({ sizeBytes, read }: FoundObject): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for await (const chunk of await read()) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes.subarray(0, at);
}

/** Works that hold so many bytes together at most, in order of coming; one that holds more is alone. */
function openTurns(bytesMax: number): <T>(bytes: number, work: () => Promise<T>) => Promise<T> {
  let held = 0;
  const waiting: { bytes: number; go: () => void }[] = [];
  const letIn = () => {
    while (waiting.length > 0 && (held === 0 || held + waiting[0]!.bytes <= bytesMax)) {
      const { bytes, go } = waiting.shift()!;
      held += bytes;
      go();
    }
  };
  return async (bytes, work) => {
    await new Promise<void>((go) => {
      waiting.push({ bytes, go });
      letIn();
    });
    try {
      return await work();
    } finally {
      held -= bytes;
      letIn();
    }
  };
}

async function readZip(zip: Uint8Array, read: Read): Promise<CodePackage> {
  if (zip.byteLength === 0 || isEmptyZip(zip)) throw codeEmpty();
  try {
    return await read(zip);
  } catch (error) {
    throw error instanceof BadCode ? refused(error) : error;
  }
}

/** A zip without files begins with its end-of-directory record. */
const isEmptyZip = (zip: Uint8Array): boolean => zip[0] === 0x50 && zip[1] === 0x4b && zip[2] === 5 && zip[3] === 6;

function refused(bad: BadCode): Error {
  switch (bad.reason) {
    case "unzipped-too-large": return unzippedTooLarge();
    case "too-many-files": return invalidParameter(bad.message);
    case "not-a-zip":
    case "unsafe-path": return notUnzippable();
  }
}

function refusedByS3(error: unknown, { bucket, key }: ObjectName): unknown {
  if (!(error instanceof ServiceError)) return error;
  return error.code === "AccessDenied" ? codeAccessDenied(bucket, key, error.message) : codeNotRead(error.code, error.message);
}
