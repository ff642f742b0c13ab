// The AWS CLI at buckets, as people type it: cp, sync, ls, mv, rm, presign; only AWS_ENDPOINT_URL is set.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { awsCli, noAwsCli as skip } from "../support/aws-cli.ts";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";

let platform: TestPlatform;
const folder = mkdtempSync(join(tmpdir(), "evoke-cli-s3-"));
before(async () => { if (!skip) platform = await openTestPlatform(); });
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await platform?.close();
});

const run = awsCli(folder, () => platform.url);

test("the AWS CLI copies, lists, synchronises and removes objects, large ones in parts", { skip }, async () => {
  await run("s3", "mb", "s3://files");
  const large = Buffer.alloc(9 * 1024 ** 2, "evoke"); // more than the 8 MB from which on the CLI sends parts
  writeFileSync(join(folder, "large"), large);
  await run("s3", "cp", "large", "s3://files/in/large", "--only-show-errors");
  await run("s3", "cp", "s3://files/in/large", "back", "--only-show-errors");
  assert.ok(large.equals(readFileSync(join(folder, "back"))));
  mkdirSync(join(folder, "site/deep"), { recursive: true });
  const minuteAgo = Date.now() / 1000 - 60; // LastModified has whole seconds, on AWS too: a file of the same second would look newer
  for (const name of ["index.html", "a b+ü.txt", "deep/x"]) {
    writeFileSync(join(folder, "site", name), name);
    utimesSync(join(folder, "site", name), minuteAgo, minuteAgo);
  }
  await run("s3", "sync", "site", "s3://files/site", "--only-show-errors");
  assert.equal(await run("s3", "sync", "site", "s3://files/site"), "", "nothing has changed");
  const listed = await run("s3", "ls", "s3://files", "--recursive");
  assert.deepEqual(listed.trim().split("\n").map((line) => line.replace(/^\S+ \S+ +/, "")), [`${large.length} in/large`, `${Buffer.byteLength("a b+ü.txt")} site/a b+ü.txt`, "6 site/deep/x", "10 site/index.html"]);
  assert.match(await run("s3", "ls", "s3://files/site/"), /PRE deep\//);
  assert.equal(JSON.parse(await run("s3api", "head-object", "--bucket", "files", "--key", "site/index.html")).ContentType, "text/html");
  await run("s3", "mv", "s3://files/site/index.html", "s3://files/moved.html", "--only-show-errors");
  const address = (await run("s3", "presign", "s3://files/moved.html")).trim();
  assert.equal(await (await fetch(address)).text(), "index.html");
  await run("s3", "rm", "s3://files", "--recursive", "--only-show-errors");
  await run("s3", "rb", "s3://files");
  await assert.rejects(run("s3", "ls", "s3://files"), /NoSuchBucket/);
});
