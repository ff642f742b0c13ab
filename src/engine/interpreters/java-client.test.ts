// Bringing AWS's runtime for Java when it cannot be had; that it can is test/java.test.ts.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { addJavaClient, findJavaClient } from "./java-client.ts";

const home = mkdtempSync(join(tmpdir(), "evoke-java-client-"));
after(() => rmSync(home, { recursive: true, force: true }));

test("a repository that cannot be reached is named, and nothing half done is left", { skip: process.platform !== "linux" && "Linux only" }, async () => {
  mkdirSync(join(home, ".m2"));
  writeFileSync(join(home, ".m2/settings.xml"), "<mirror><mirrorOf>central</mirrorOf><url>http://127.0.0.1:1/maven</url></mirror>");
  const cache = join(home, "cache");
  const bringing = addJavaClient(cache, { HOME: home }, { path: "/nowhere/java", version: "17.0.1", flags: [] }, () => {});
  await assert.rejects(bringing, /^Fault: http:\/\/127\.0\.0\.1:1\/maven\/com\/amazonaws\/aws-lambda-java-core\/.* could not be fetched.*mvn dependency:get/);
  assert.deepEqual(readdirSync(cache), []);
  assert.equal(await findJavaClient(cache), undefined);
});

test("a client of another version counts as none", async () => {
  const cache = join(home, "old");
  mkdirSync(join(cache, "java"), { recursive: true });
  writeFileSync(join(cache, "java/version"), "1.0.0");
  assert.equal(await findJavaClient(cache), undefined);
});
