// Objects of 4 KB, 1 MB and 1 GB put and got, on disk, beside a bare streaming server with the same checksums and raw writes of files; memory; from a PUT to the handler's start.
import { mkdtempSync, rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { AddPermissionCommand } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { lambdaAt, makeFunction } from "./function.ts";
import { median, ROOT, rssMb, serve, type Server } from "./process.ts";
import type { Row } from "./run.ts";

/** Two measures of the same size differed by up to 31 MB, and 500 MB from 5 MB by up to 51, without growing; buffers that wait to be collected, it seems. */
const UNCOLLECTED_MB = 64;
const KB = 1024;
const MB = 1024 * KB;
const PIECE = Buffer.alloc(MB, "object ");
const HEADERS = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": "20260101T000000Z", authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}` };
const agent = new Agent({ keepAlive: true });

/** Resolves with how many bytes came back. */
function send(url: string, method: string, path: string, bytes = 0, onEtag: (etag: string) => void = () => {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { method, agent, headers: { ...HEADERS, ...(method === "PUT" && { "content-length": bytes }) } }, (answer) => {
      let got = 0;
      onEtag(answer.headers.etag ?? "");
      answer.on("data", (chunk: Buffer) => { got += chunk.length; });
      answer.on("error", reject).on("end", () => (answer.statusCode === 200 ? resolve(got) : reject(new Error(`${method} ${path}: ${answer.statusCode}`))));
    });
    asked.on("error", reject);
    let left = bytes;
    const more = (): void => {
      while (left > 0) {
        const piece = left < MB ? PIECE.subarray(0, left) : PIECE;
        left -= piece.length;
        if (!asked.write(piece)) return void asked.once("drain", more);
      }
      asked.end();
    };
    more();
  });
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** What any of it comes down to: the bytes in a file, on disk. */
async function rawWrite(folder: string, name: string, bytes: number): Promise<void> {
  const path = join(folder, name);
  const file = await open(path, "w");
  for (let left = bytes; left > 0; left -= MB) await file.write(left < MB ? PIECE.subarray(0, left) : PIECE);
  await file.sync();
  await file.close();
  await rm(path);
}

const shown = (ms: number, bytes: number): string => (bytes < MB ? `${ms.toFixed(2)} ms` : `${ms < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms (${Math.round(bytes / MB / (ms / 1000))} MB/s)`);

async function throughput(evoke: Server, floor: Server, folder: string, quick: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, bytes, times] of [["4 KB", 4 * KB, quick ? 40 : 300], ["1 MB", MB, quick ? 40 : 150], ["1 GB", 1024 * MB, quick ? 1 : 3]] as const) {
    const taken: Record<"put" | "get", Record<"evoke" | "floor" | "raw", number[]>> = { put: { evoke: [], floor: [], raw: [] }, get: { evoke: [], floor: [], raw: [] } };
    for (let n = 0; n < times; n++) {
      // A new key each time: S3's objects are seldom written over.
      const path = `/bench/${bytes}-${bytes > MB ? 0 : n}`;
      for (const [who, { url }] of [["evoke", evoke], ["floor", floor]] as const) {
        taken.put[who].push(await timeOf(() => send(url, "PUT", path, bytes)));
        taken.get[who].push(await timeOf(async () => {
          if ((await send(url, "GET", path)) !== bytes) throw new Error(`${who}: not all of ${path} came back`);
        }));
      }
      taken.put.raw.push(await timeOf(() => rawWrite(folder, "raw", bytes)));
    }
    const skip = Math.floor(times / 4); // while both warm up
    for (const what of ["put", "get"] as const) {
      const [ours, bare, raw] = (["evoke", "floor", "raw"] as const).map((who) => (taken[what][who].length === 0 ? NaN : median(taken[what][who].slice(skip)))) as [number, number, number];
      const ratio = bare / ours;
      const bar = bytes >= MB;
      rows.push({ what: `S3: ${what === "put" ? "PUT" : "GET"} of ${name}, durable`, evoke: shown(ours, bytes), floor: `${shown(bare, bytes)}${what === "put" ? `; a raw file ${shown(raw, bytes)}` : ""}`, ratio: ratio.toFixed(2), bar: bar ? "≥ 0.5" : "", met: bar ? ratio >= 0.5 : undefined });
    }
  }
  return rows;
}

/** The most memory it has while objects of so many megabytes go in, at once and in parts, and out again. */
async function memoryOf({ url, child }: Server, s3: S3, megabytes: number): Promise<number> {
  const named = { Bucket: "bench", Key: `memory-${megabytes}` };
  let most = 0;
  const look = setInterval(() => { most = Math.max(most, rssMb(child.pid!)); }, 20);
  for (let round = 0; round < Math.max(1, Math.round(200 / megabytes)); round++) {
    await send(url, "PUT", `/bench/${named.Key}`, megabytes * MB);
    await send(url, "GET", `/bench/${named.Key}`);
    const { UploadId } = await s3.createMultipartUpload(named);
    const partMb = Math.max(5, megabytes / 10);
    const parts: { PartNumber: number; ETag: string }[] = [];
    for (let left = megabytes; left > 0; left -= partMb) {
      const PartNumber = parts.length + 1;
      await send(url, "PUT", `/bench/${named.Key}?partNumber=${PartNumber}&uploadId=${UploadId}`, Math.min(left, partMb) * MB, (ETag) => parts.push({ PartNumber, ETag }));
    }
    await s3.completeMultipartUpload({ ...named, UploadId, MultipartUpload: { Parts: parts } });
    await send(url, "GET", `/bench/${named.Key}`);
  }
  clearInterval(look);
  await s3.deleteObject(named);
  return most;
}

/** How long after its PUT was sent the handler of an idle function begins, in milliseconds: the key says when. */
async function toHandler(evoke: Server, s3: S3, times: number): Promise<number[]> {
  const lambda = lambdaAt(evoke.url);
  const logs = new CloudWatchLogs({ endpoint: evoke.url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  try {
    await makeFunction(lambda, "told", "told");
    await s3.createBucket({ Bucket: "told" });
    await lambda.send(new AddPermissionCommand({ FunctionName: "told", StatementId: "s3", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: "arn:aws:s3:::told" }));
    await s3.putBucketNotificationConfiguration({ Bucket: "told", NotificationConfiguration: { LambdaFunctionConfigurations: [{ Events: ["s3:ObjectCreated:*"], LambdaFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:told" }] } });
    for (let n = 0; n < times; n++) {
      await send(evoke.url, "PUT", `/told/${process.hrtime.bigint()}`, 4 * KB);
      await sleep(60);
    }
    await sleep(1500);
    const { events = [] } = await logs.filterLogEvents({ logGroupName: "/aws/lambda/told", filterPattern: "BEGAN", limit: 10_000 });
    return events.map(({ message }) => Number(/BEGAN (\d+)/.exec(message!)![1]) / 1e6).slice(Math.floor(times / 4));
  } finally {
    lambda.destroy();
    logs.destroy();
  }
}

export async function objects(quick: boolean): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "evoke-bench-"));
  const evoke = await serve([join(ROOT, "bin/evoke.mjs"), "start", "--port", "0", "--data", join(folder, "data"), "--json"]);
  const floor = await serve([join(ROOT, "bench/objects-floor.ts"), folder]);
  const s3 = new S3({ endpoint: evoke.url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, forcePathStyle: true });
  try {
    await s3.createBucket({ Bucket: "bench" });
    const begins = await toHandler(evoke, s3, quick ? 20 : 100); // first: gigabytes on their way to the disk would hold up its small commits
    const rows = await throughput(evoke, floor, folder, quick);
    rows.push({ what: "S3 PUT to the start of an idle function's handler", evoke: `p50 ${median(begins).toFixed(1)} ms`, floor: "", ratio: "", bar: "≤ 10 ms", met: median(begins) <= 10 });
    const [small, large] = [await memoryOf(evoke, s3, 5), await memoryOf(evoke, s3, quick ? 500 : 5 * KB)];
    rows.push({ what: `memory while an object of ${quick ? "500 MB" : "5 GB"} goes in, at once and in parts, and out, beside one of 5 MB again and again`, evoke: `${large.toFixed(0)} MB`, floor: `${small.toFixed(0)} MB`, ratio: (large / small).toFixed(2), bar: `≤ ${UNCOLLECTED_MB} MB more`, met: large - small <= UNCOLLECTED_MB });
    return rows;
  } finally {
    s3.destroy();
    agent.destroy();
    await Promise.all([evoke.stop(), floor.stop()]);
    rmSync(folder, { recursive: true });
  }
}
