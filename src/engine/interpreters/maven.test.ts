// Jars from a repository of this test's own, which a settings.xml names as the mirror of Maven Central.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { bringJar, mirrorOf } from "./maven.ts";

const BYTES = Buffer.from("not really a jar");
const JAR = { group: "com.example", artifact: "thing", version: "1.0", sha256: createHash("sha256").update(BYTES).digest("hex") };
const PATH = "com/example/thing/1.0/thing-1.0.jar";

const home = mkdtempSync(join(tmpdir(), "evoke-maven-"));
const asked: string[] = [];
let answer: [number, Buffer] = [200, BYTES];
const server = createServer((request, response) => {
  asked.push(request.url!);
  response.writeHead(answer[0]).end(answer[1]);
});
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  mkdirSync(join(home, ".m2"));
  writeFileSync(join(home, ".m2/settings.xml"), `<settings><mirrors><mirror><mirrorOf>*</mirrorOf><url>http://127.0.0.1:${(server.address() as AddressInfo).port}/maven/</url></mirror></mirrors></settings>`);
});
after(() => { server.close(); rmSync(home, { recursive: true }); });

test("a jar comes from the mirror that Maven's settings name", async () => {
  assert.deepEqual(await bringJar(JAR, { HOME: home }), BYTES);
  assert.deepEqual(asked, [`/maven/${PATH}`]);
});

test("what is not the published file is refused, and what cannot be had says how", async () => {
  answer = [200, Buffer.from("something else")];
  await assert.rejects(bringJar(JAR, { HOME: home }), /thing-1\.0\.jar is not the file that AWS has published/);
  answer = [404, Buffer.alloc(0)];
  await assert.rejects(bringJar(JAR, { HOME: home }), /could not be fetched \(HTTP 404\); where Maven reaches it: mvn dependency:get -Dartifact=com\.example:thing:1\.0/);
});

test("a jar in the local repository is taken without asking, unless it is another one", async () => {
  const local = join(home, ".m2/repository", PATH);
  mkdirSync(dirname(local), { recursive: true });
  writeFileSync(local, BYTES);
  asked.length = 0;
  assert.deepEqual(await bringJar(JAR, { HOME: home }), BYTES);
  assert.deepEqual(asked, []);
  writeFileSync(local, "broken");
  await assert.rejects(bringJar(JAR, { HOME: home }));
  assert.equal(asked.length, 1);
});

test("a mirror counts when it stands for Maven Central, and is not commented out", () => {
  const mirror = (of: string, url: string) => `<mirror><id>x</id><mirrorOf>${of}</mirrorOf><url>${url}</url></mirror>`;
  assert.equal(mirrorOf(`<mirrors><!--${mirror("*", "http://no/")}-->${mirror("other", "http://no/")}${mirror("*,!central", "http://no/")}${mirror("a, central", "http://yes/?a=1&amp;b=2")}</mirrors>`), "http://yes/?a=1&b=2");
  assert.equal(mirrorOf("<settings/>"), undefined);
});
