// Deployment packages on their way in, with the request or from a bucket: AWS's limits and sentences around the code port.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-package.html
import type { Call } from "../../kernel/call.ts";
import { ServiceError } from "../../kernel/errors.ts";
import { LAMBDA } from "../../kernel/limits.ts";
import { BadCode, type CodePackage } from "../../ports/code.ts";
import type { FoundObject, ObjectName } from "../../ports/objects.ts";
import type { RoomPorts } from "../service.ts";
import { codeAccessDenied, codeEmpty, codeNotRead, invalidParameter, notSupported, notUnzippable, otherCodeGiven, unzippedTooLarge, zippedTooLarge } from "./errors.ts";

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

export function openCodeReader({ objects }: Pick<RoomPorts, "objects">): CodeReader {
  let turn: Promise<unknown> = Promise.resolve();
  /** What is larger than any request can carry is in memory one at a time. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  return {
    async read(source, call, read) {
      if ("zip" in source) {
        if (source.zip.byteLength > LAMBDA.zipBytesMax) throw zippedTooLarge();
        return readZip(source.zip, read);
      }
      const found = await objects.find(source, call).catch((error: unknown) => { throw refusedByS3(error, source); });
      // A package in a bucket may be as large as what is in it may be.
      if (found.sizeBytes > LAMBDA.unzippedBytesMax) throw unzippedTooLarge();
      const work = async () => readZip(await collect(found), read);
      return found.sizeBytes > LAMBDA.zipBytesMax ? inTurn(work) : work();
    },
  };
}

async function collect({ sizeBytes, read }: FoundObject): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for await (const chunk of await read()) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
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
