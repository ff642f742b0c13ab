// The CSV that lists a job's tasks, read line by line. https://docs.aws.amazon.com/AmazonS3/latest/userguide/specify-batchjob-manifest.html
import type { JobManifestFieldName } from "@aws-sdk/client-s3-control";
import { parseBucketArn } from "../names.ts";
import { badLine, fieldsMissing } from "./errors.ts";

export interface Task {
  bucket: string;
  /** As the manifest has it, URL-encoded. */
  key: string;
  versionId?: string;
  /** Where its line begins and where the next one does, in bytes. */
  startBytes: number;
  endBytes: number;
}

/** Three URL-encoded names with room to spare. */
const LINE_BYTES_MAX = 16 * 1024;
/** "The maximum number of characters for the key field in the manifest is 1,024". */
const KEY_CHARACTERS_MAX = 1024;

/** arn:aws:s3:::BUCKET/KEY */
export function keyIn(arn: string): { bucket: string; key: string } | undefined {
  const bucket = parseBucketArn(arn);
  const key = bucket === undefined ? "" : arn.slice(arn.indexOf(`:::${bucket}`) + 3 + bucket.length + 1);
  return bucket === undefined || key === "" ? undefined : { bucket, key };
}

/** Throws JobFailed. */
export function checkFields(fields: readonly JobManifestFieldName[]): void {
  const missing = (["Bucket", "Key"] as const).filter((field) => !fields.includes(field));
  if (missing.length > 0) throw fieldsMissing(missing);
}

/** The tasks of what is read, which begins at `startBytes` of the manifest. Throws JobFailed at a line that is none. */
export async function* readTasks(bytes: AsyncIterable<Uint8Array>, fields: readonly JobManifestFieldName[], startBytes = 0): AsyncGenerator<Task> {
  let line = 0;
  for await (const { text, start, end } of readLines(bytes, startBytes)) {
    line++;
    if (text.trim() === "") continue;
    yield { ...parseLine(text, line, fields), startBytes: start, endBytes: end };
  }
}

async function* readLines(bytes: AsyncIterable<Uint8Array>, startBytes: number): AsyncGenerator<{ text: string; start: number; end: number }> {
  let rest = Buffer.alloc(0);
  let start = startBytes;
  let line = 0;
  for await (const chunk of bytes) {
    rest = rest.byteLength === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (let at = 0; ;) {
      const newline = rest.indexOf(10, at);
      if (newline === -1) { rest = rest.subarray(at); break; }
      line++;
      if (newline - at > LINE_BYTES_MAX) throw badLine(line, "is too long");
      const end = start + newline + 1 - at;
      yield { text: rest.toString("utf8", at, newline), start, end };
      start = end;
      at = newline + 1;
    }
    if (rest.byteLength > LINE_BYTES_MAX) throw badLine(line + 1, "is too long");
  }
  if (rest.byteLength > 0) yield { text: rest.toString(), start, end: start + rest.byteLength };
}

function parseLine(text: string, line: number, fields: readonly JobManifestFieldName[]): Pick<Task, "bucket" | "key" | "versionId"> {
  const values = splitLine(text.replace(/\r$/, "").replace(/^\ufeff/, ""));
  if (values.length < fields.length) throw badLine(line, `has ${values.length} of the ${fields.length} fields`);
  const valueOf = (name: JobManifestFieldName) => { const at = fields.indexOf(name); return at === -1 ? "" : values[at]!; };
  const [bucket, key, versionId] = [valueOf("Bucket"), valueOf("Key"), valueOf("VersionId")];
  if (bucket === "" || key === "") throw badLine(line, `has no ${bucket === "" ? "bucket" : "key"}`);
  if (charactersOf(key, line) > KEY_CHARACTERS_MAX) throw badLine(line, "has a key of more than 1,024 characters");
  return { bucket, key, ...(versionId !== "" && { versionId }) };
}

function charactersOf(key: string, line: number): number {
  try {
    return decodeURIComponent(key).length;
  } catch {
    throw badLine(line, "has a key that is not URL-encoded");
  }
}

/** Commas part fields but within quotes; two quotes are one. */
function splitLine(text: string): string[] {
  if (!text.includes('"')) return text.split(",").map((value) => value.trim());
  const values = [""];
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"' && quoted && text[at + 1] === '"') at++;
    else if (character === '"') { quoted = !quoted; continue; }
    if (character === "," && !quoted) values.push("");
    else values[values.length - 1] += character;
  }
  return values.map((value) => value.trim());
}
