// Several processes in one sandbox, on every isolation level this machine has: each starts, ends and is signalled by itself.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { realClock } from "../../kernel/clock.ts";
import { realIds } from "../../kernel/ids.ts";
import { silentLog } from "../../kernel/log.ts";
import { openSandbox } from "./open.ts";
import { exitOfStatus } from "./parts.ts";
import type { Running, SandboxSpec } from "./sandbox.ts";

const clock = realClock();
const ids = realIds();
const folders: string[] = [];
after(() => { for (const folder of folders) rmSync(folder, { recursive: true, force: true }); });

function makeFolder(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "evoke-parts-"));
  chmodSync(folder, 0o755);
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), content, { mode: 0o755 });
  }
  return folder;
}

const PATH = "/usr/local/bin:/usr/bin:/bin";
const sh = (script: string) => ["/bin/sh", "-c", script];

for (const isolation of ["bubblewrap", "uid", "none"] as const) {
  const dataDir = makeFolder();
  const sandbox = await openSandbox({ isolation, dataDir, clock, ids, log: silentLog }).catch((error: Error) => error);
  if (sandbox instanceof Error) {
    describe(`isolation ${isolation}`, { skip: sandbox.message }, () => {});
    continue;
  }
  describe(`isolation ${isolation}`, { timeout: 30_000 }, () => {
    after(() => sandbox.close());
    const codeDir = makeFolder({ hello: "code" });
    const optDir = makeFolder({ "bin/tool": "#!/bin/sh\necho tool of $WHO\n", "file": "layer" });
    const start = async (more: Partial<SandboxSpec> = {}): Promise<Running> =>
      sandbox.start({ id: `parts-${ids.uuid()}`, argv: [], env: {}, codeDir, optDir, readOnlyPaths: [], memoryMb: 128, tmpMb: 16, network: "shared", channel: false, parts: true, ...more });
    const collect = (running: Running) => {
      const seen = { out: "", errors: "", extensions: "" };
      running.stdout.on("data", (chunk) => { seen.out += chunk; });
      running.stderr.on("data", (chunk) => { seen.errors += chunk; });
      running.parts!.output.on("data", (chunk) => { seen.extensions += chunk; });
      return seen;
    };
    const end = async (running: Running) => {
      await running.kill();
      await running.dispose();
    };

    it("gives each its variables and its output, and tells how each has ended", async () => {
      const running = await start();
      const seen = collect(running);
      const one = running.parts!.start(sh("echo I am $WHO with $(env | grep -c SECRET) secrets; /opt/bin/tool; echo aside >&2; exit 3".replace("/opt", sandbox.level <= 2 ? "/opt" : optDir)), { PATH, WHO: "one", TWO_LINES: "a\nb'c" }, "extension");
      const two = running.parts!.start(["/opt/bin/tool"], { PATH, WHO: "two", SECRET: "1" }, "runtime");
      assert.deepEqual([await one.exited, await two.exited], [{ code: 3, signal: null, outOfMemory: false }, { code: 0, signal: null, outOfMemory: false }]);
      await clock.sleep(50);
      assert.deepEqual(seen, { out: "tool of two\n", errors: "", extensions: "I am one with 0 secrets\ntool of one\naside\n" });
      await end(running);
    });

    it("signals one and not the others, and all end together", async () => {
      const running = await start();
      const seen = collect(running);
      const stays = running.parts!.start(sh("sleep 60"), { PATH }, "extension");
      const stubborn = running.parts!.start(sh("trap '' TERM; echo up; while :; do sleep 0.05; done"), { PATH }, "extension");
      const goes = running.parts!.start(sh("trap 'echo asked; exit 0' TERM; echo up; while :; do sleep 0.05; done"), { PATH }, "runtime");
      for (let tries = 0; !seen.out.includes("up") || !seen.extensions.includes("up"); tries++) { assert.ok(tries < 200); await clock.sleep(20); }
      goes.signal("TERM");
      stubborn.signal("TERM");
      assert.deepEqual(await goes.exited, { code: 0, signal: null, outOfMemory: false });
      stubborn.signal("KILL");
      assert.equal((await stubborn.exited).signal, "SIGKILL");
      assert.equal(await Promise.race([stays.exited, clock.sleep(50).then(() => "lives")]), "lives");
      await end(running);
      assert.equal((await stays.exited).signal, "SIGKILL");
    });

    it("takes nothing it is told from inside for true that cannot be", async () => {
      const running = await start();
      const liar = running.parts!.start(sh("for f in 4 5 6 7; do (echo 'E 99 0'; echo 'S 1 x'; head -c 100000 /dev/zero) >&$f; done 2>/dev/null; exit 7"), { PATH }, "extension");
      assert.equal((await liar.exited).code, 7);
      await end(running);
    });

    it("knows the sandbox by the names extensions listen on", { skip: sandbox.level > 2 ? "no view of its own" : false }, async () => {
      const running = await start({ address: "127.99.1.2" });
      const seen = collect(running);
      await running.parts!.start(sh("getent hosts sandbox.localdomain sandbox || grep sandbox /etc/hosts"), { PATH }, "runtime").exited;
      await clock.sleep(50);
      assert.match(seen.out, /^127\.99\.1\.2\s+sandbox\.localdomain/);
      await end(running);
    });

    it("shows layers to a sandbox that was made before its function", { skip: sandbox.level > 2 ? "no sandbox waits for its command here" : false }, async () => {
      const { codeDir: _, optDir: __, parts: ___, ...blank } = { codeDir, optDir, parts: true, id: `blank-${ids.uuid()}`, argv: [], env: {}, readOnlyPaths: [], memoryMb: 128, tmpMb: 16, network: "shared" as const, channel: false };
      const running = await sandbox.start(blank);
      await running.assign(codeDir, { memoryMb: 128, tmpMb: 16 }, optDir);
      running.exec(sh("cat /opt/file /var/task/hello; echo x 2>/dev/null > /opt/file || echo locked"), { PATH });
      const out = Buffer.concat(await running.stdout.toArray()).toString();
      assert.equal(out, "layercodelocked\n");
      await end(running);
    });
  });
}

it("a status above 128 is a signal's", () => {
  assert.deepEqual([exitOfStatus(137), exitOfStatus(1), exitOfStatus(255)], [{ code: null, signal: "SIGKILL" }, { code: 1, signal: null }, { code: 255, signal: null }]);
  assert.deepEqual(exitOfStatus(150), { code: 150, signal: null }, "nothing dies by SIGTTOU");
});
