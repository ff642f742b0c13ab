// Manifests as they come: in pieces of any size, from the middle, quoted, with other ends of lines.
import assert from "node:assert/strict";
import { test } from "node:test";
import { JobFailed } from "./errors.ts";
import { keyIn, readTasks, type Task } from "./manifest.ts";

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

const FIELDS = ["Bucket", "Ignore", "Key", "VersionId"] as const;
async function read(text: string, size = 7, startBytes = 0): Promise<Task[]> {
  const tasks: Task[] = [];
  for await (const task of readTasks(pieces(text, size), FIELDS, startBytes)) tasks.push(task);
  return tasks;
}
const named = (tasks: Task[]) => tasks.map(({ bucket, key, versionId }) => [bucket, key, versionId]);

test("lines are the same tasks however they come, and quotes, spaces and empty lines are none of them", async () => {
  const text = 'b,x,k%201,v1\r\n\n"b","x","a""b,c",\n b , x , k , \nb,x,%C3%A9,v2,more';
  const wanted = [["b", "k%201", "v1"], ["b", 'a"b,c', undefined], ["b", "k", undefined], ["b", "%C3%A9", "v2"]];
  for (const size of [1, 2, 3, 7, 64, 4096]) assert.deepEqual(named(await read(text, size)), wanted, String(size));
});

test("who goes on at the end of a task reads those behind it", async () => {
  const text = Array.from({ length: 50 }, (_, n) => `b,é,${n},`).join("\n");
  const all = await read(text);
  for (const at of [0, 7, 48]) {
    const { endBytes } = all[at]!;
    assert.deepEqual(await read(Buffer.from(text).subarray(endBytes).toString(), 5, endBytes), all.slice(at + 1));
  }
  assert.equal(all.at(-1)!.endBytes, Buffer.byteLength(text));
});

test("a line that is no task says which one it is", async () => {
  for (const [line, why] of [["b,x", "has 2 of the 4 fields"], [",x,k,", "has no bucket"], ["b,x,,v", "has no key"], ["b,x,%E9,v", "not URL-encoded"], [`b,x,${"k".repeat(1025)},`, "1,024"], [`b,x,${"k".repeat(99_999)},`, "is too long"]]) {
    await assert.rejects(read(`b,x,k,v\n${line}`, 4096), (error: Error) => error instanceof JobFailed && error.message.includes("line 2") && error.message.includes(why!), line!.slice(0, 20));
  }
  await assert.rejects(read(`b,x,k,v\nb,${"x".repeat(17_000)},k,v\n`, 99_999), /line 2 is too long/, "wherever the pieces of the manifest end");
});

test("the ARN of an object names its bucket and its key", () => {
  assert.deepEqual(keyIn("arn:aws:s3:::lists/a/b.csv"), { bucket: "lists", key: "a/b.csv" });
  for (const arn of ["arn:aws:s3:::lists", "arn:aws:s3:::lists/", "arn:aws:s3:eu-west-1:000000000000:accesspoint/a/object/k", "x"]) assert.equal(keyIn(arn), undefined);
});
