// One suite for every isolation level this machine has; a level it lacks is skipped by name.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { realClock } from "../../kernel/clock.ts";
import { realIds } from "../../kernel/ids.ts";
import { silentLog } from "../../kernel/log.ts";
import { openSandbox } from "./open.ts";
import { processTable, withVariable } from "./processes.ts";
import { CannotAssign, type Running, type Sandbox, type SandboxSpec } from "./sandbox.ts";

const clock = realClock();
const ids = realIds();
const nodeDir = join(process.execPath, "../..");
const folders: string[] = [];
after(() => { for (const folder of folders) rmSync(folder, { recursive: true, force: true }); });

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "evoke-sandbox-"));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

/** Polls until true or fails after ten seconds: generous, so that a busy machine does not decide. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (await holds()) return;
    await clock.sleep(20);
  }
  assert.fail(`never happened: ${what}`);
}

const text = async (stream: AsyncIterable<unknown>): Promise<string> => {
  let all = "";
  for await (const chunk of stream) all += String(chunk);
  return all;
};

async function existing(marker: string): Promise<number[]> {
  return withVariable("MARK", (value) => value === marker, await processTable());
}

for (const isolation of ["bubblewrap", "uid", "none"] as const) {
  const data = makeFolder();
  const sandbox: Sandbox | Error = await openSandbox({ isolation, dataDir: data, clock, ids, log: silentLog }).catch((error: Error) => error);
  if (sandbox instanceof Error) {
    describe(`isolation ${isolation}`, { skip: sandbox.message }, () => {});
    continue;
  }
  const view = sandbox.level <= 2;
  const limited = sandbox.description.includes("control groups");

  describe(`isolation ${isolation} (${sandbox.description})`, { timeout: 60_000 }, () => {
    const code = makeFolder();
    writeFileSync(join(code, "hello.txt"), "hello from the code\n");
    const start = (script: string, options: Partial<SandboxSpec> = {}): Promise<Running> => sandbox.start({
      id: ids.uuid(), argv: ["/bin/sh", "-c", script], env: { PATH: "/usr/bin:/bin" }, codeDir: code, runtimeDir: code, readOnlyPaths: [], memoryMb: 256, tmpMb: 64, network: "shared", channel: false, ...options,
    });
    const output = async (script: string, options: Partial<SandboxSpec> = {}): Promise<{ out: string; errors: string }> => {
      const running = await start(script, options);
      const [out, errors] = await Promise.all([text(running.stdout), text(running.stderr), running.exited]);
      await running.dispose();
      return { out, errors };
    };
    const exit = async (script: string, options: Partial<SandboxSpec> = {}) => {
      const running = await start(script, options);
      running.stdout.resume();
      running.stderr.resume();
      try {
        return await running.exited;
      } finally {
        await running.dispose();
      }
    };

    it("hands on output, exit codes and signals", async () => {
      assert.deepEqual(await output("echo out; echo err >&2"), { out: "out\n", errors: "err\n" });
      assert.deepEqual(await exit("exit 3"), { code: 3, signal: null, outOfMemory: false });
      assert.deepEqual(await exit("kill -SEGV $$"), { code: null, signal: "SIGSEGV", outOfMemory: false });
    });

    it("lets standard output and error be opened again by name", { skip: process.platform !== "linux" }, async () => {
      assert.deepEqual(await output("echo out > /dev/stdout; echo err > /dev/stderr; echo more >&2"), { out: "out\n", errors: "err\nmore\n" });
    });

    it("opens a channel on descriptor 3 and no other descriptor", async () => {
      const running = await start("cat <&3 >&3", { channel: true });
      running.channel!.write("ping");
      const [answer] = await once(running.channel!, "data");
      assert.equal(String(answer), "ping");
      running.channel!.end();
      assert.equal((await running.exited).code, 0);
      await running.dispose();
      // ls opens one more to read the folder; what this test process was itself handed above 4 is not the sandbox's doing.
      const inherited = readdirSync("/proc/self/fd").filter((name) => Number(name) > 100);
      const descriptors = (await output("ls /proc/self/fd", { channel: true })).out.trim().split(/\s+/).filter((name) => !inherited.includes(name));
      assert.deepEqual(descriptors, ["0", "1", "2", "3", "4"]);
    });

    it("gives the environment it was told, no more than the shell's PWD and, without a view of its own, TMPDIR", async () => {
      const { out } = await output("exec env", { env: { PATH: "/usr/bin:/bin", GREETING: "it's \"quoted\" $HOME\\n" } });
      const rest = out.trim().split("\n").filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line) && !(line.startsWith("TMPDIR=") && !view)).sort();
      assert.deepEqual(rest, ["GREETING=it's \"quoted\" $HOME\\n", "PATH=/usr/bin:/bin"]);
    });

    it("shows the code, and does not let it be changed where the level can", async () => {
      const { out } = await output("cat hello.txt; echo x > hello.txt; echo wrote $?");
      assert.match(out, /^hello from the code\n/);
      if (sandbox.level <= 3) assert.doesNotMatch(out, /wrote 0/);
      else writeFileSync(join(code, "hello.txt"), "hello from the code\n");
    });

    it("finds the runtime folder under its AWS name", async () => {
      const { out } = await output("", { argv: ["/bin/cat", "/var/runtime/hello.txt"] });
      assert.equal(out, "hello from the code\n");
    });

    it("gives /tmp privately, and holds it to its size", async () => {
      const used = await output("cd ${TMPDIR:-/tmp} && echo mine > note && ls && head -c 5000000 /dev/zero > big 2>/dev/null; echo $?", { tmpMb: 4 });
      if (view || limited) assert.match(used.out, /^note\n1\n$/);
      else assert.equal((await exit("cd $TMPDIR && head -c 5000000 /dev/zero > big; sleep 100; true", { tmpMb: 4 })).signal, "SIGKILL");
      const other = await output("ls -A ${TMPDIR:-/tmp}");
      assert.equal(other.out, "");
    });

    it("keeps /tmp over a restart where it can", async (t) => {
      const first = await start("echo kept > ${TMPDIR:-/tmp}/note");
      await first.exited;
      if (first.keptTmp === undefined) {
        await first.dispose();
        return t.skip("this level cannot");
      }
      await first.dispose({ keepTmp: true });
      const { out } = await output("cat ${TMPDIR:-/tmp}/note", { tmpDir: first.keptTmp });
      assert.equal(out, "kept\n");
      assert.equal(existsSync(first.keptTmp), false);
    });

    it("is not root, and sees neither the host's homes nor the data folder", { skip: sandbox.level > 3 }, async () => {
      const { out } = await output(`id -u; ls ${data} /root /home 2>/dev/null | wc -l`);
      const [uid, seen] = out.trim().split("\n").map(Number);
      assert.notEqual(uid, 0);
      if (view) assert.deepEqual([uid, seen], [993, 0]);
    });

    it("has AWS's user name, a few processes, a read-only root and no privileges", { skip: !view }, async () => {
      const { out } = await output("id -un; ls -d /proc/[0-9]* | wc -l; touch /x /dev/shm/x 2>/dev/null || echo refused; grep -E 'NoNewPrivs|CapEff' /proc/self/status; hostname");
      const [name, processes, refused, capabilities, privileges, host] = out.trim().split("\n");
      assert.equal(name, "sbx_user1051");
      assert.ok(Number(processes) < 6);
      assert.deepEqual([refused, capabilities, privileges, host], ["refused", "CapEff:\t0000000000000000", "NoNewPrivs:\t1", "169-254-1-1"]);
    });

    it("resolves names and knows certificate authorities as the host does", { skip: !view }, async () => {
      const { out } = await output("getent hosts localhost | head -1; cat /etc/resolv.conf | wc -c");
      assert.match(out, /localhost/);
      assert.match(out, /\d+/);
    });

    it("has no network but its own loopback with network none, or says that it cannot", async () => {
      if (!view) return assert.rejects(start("true", { network: "none" }), /needs bubblewrap/);
      const { out } = await output("tail -n +3 /proc/net/dev | cut -d: -f1", { network: "none" });
      assert.equal(out.trim(), "lo");
    });

    it("kills the whole tree, daemons in sessions of their own included", { skip: process.platform !== "linux" }, async () => {
      const marker = ids.uuid();
      const running = await start("trap '' TERM; (setsid sh -c 'trap \"\" TERM HUP; sleep 100' & ) ; (setsid setsid sleep 100 &) ; echo up; sleep 100; sleep 100", { env: { PATH: "/usr/bin:/bin", MARK: marker } });
      await once(running.stdout, "data");
      await until("the daemons run", async () => (await existing(marker)).length >= 4);
      await running.kill();
      assert.deepEqual(await existing(marker), []);
      assert.equal((await running.exited).signal, "SIGKILL");
      await running.kill();
      await running.dispose();
    });

    it("passes SIGTERM to the main process alone", async () => {
      const running = await start("trap 'echo term; exit 7' TERM; echo up; while :; do sleep 0.05; done");
      await once(running.stdout, "data");
      running.terminate();
      assert.equal((await running.exited).code, 7);
      await running.dispose();
    });

    it("stops counting while frozen, and goes on when thawed", async () => {
      const running = await start("i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done");
      let seen = 0;
      running.stdout.on("data", () => { seen++; });
      await until("it counts", () => seen > 3);
      running.freeze();
      running.freeze();
      await clock.sleep(50);
      const atFreeze = seen;
      await clock.sleep(150);
      assert.equal(seen, atFreeze);
      running.thaw();
      await until("it counts again", () => seen > atFreeze + 3);
      running.freeze();
      await running.kill(); // frozen processes die too
      await running.dispose();
    });

    it("stops a function that takes more memory than it has, and says that this was why", async () => {
      const hog = "const all = []; setInterval(() => all.push(Buffer.alloc(16 * 1024 * 1024, 1)), 5)";
      const result = await exit("", { argv: [process.execPath, "-e", hog], readOnlyPaths: [nodeDir], memoryMb: 128 });
      assert.deepEqual([result.outOfMemory, result.signal], [true, "SIGKILL"]);
    });

    it("tells how much memory was used", async () => {
      const running = await start("", { argv: [process.execPath, "-e", "const b = Buffer.alloc(50 * 1024 * 1024, 1); console.log('up'); setInterval(() => b.length, 1000)"], readOnlyPaths: [nodeDir] });
      await once(running.stdout, "data");
      const megabytes = await running.memoryPeakBytes() / 1024 / 1024;
      assert.ok(megabytes > 50 && megabytes < 200, String(megabytes));
      await running.kill();
      await running.dispose();
    });

    it("takes its function after it was started", async () => {
      const { codeDir: _, ...waiting } = { id: ids.uuid(), argv: ["/bin/sh", "-c", "read where <&3; cat \"$where\"/hello.txt \"$where\"/sub/deep; echo x > \"$where\"/sub/deep || echo refused"], env: { PATH: "/usr/bin:/bin" }, codeDir: "", runtimeDir: code, readOnlyPaths: [], memoryMb: 128, tmpMb: 512, network: "shared" as const, channel: true };
      const running = await sandbox.start(waiting);
      const own = join(data, "code");
      mkdirSync(join(own, "sub"), { recursive: true });
      writeFileSync(join(own, "hello.txt"), "assigned\n");
      writeFileSync(join(own, "sub/deep"), "deep\n");
      await running.assign(own, { memoryMb: 256, tmpMb: 512 });
      running.channel!.write(`${running.taskRoot}\n`);
      const [out] = await Promise.all([text(running.stdout), running.exited]);
      assert.match(out, /^assigned\ndeep\n/);
      if (view) assert.match(out, /refused/);
      await running.dispose();
    });

    it("takes its command, with nothing but its own variables, after everything else is set up", async () => {
      const spec: SandboxSpec = { id: ids.uuid(), argv: [], env: {}, readOnlyPaths: [], memoryMb: 128, tmpMb: 512, network: "shared", channel: true };
      if (!view) return assert.rejects(sandbox.start(spec), /needs bubblewrap/);
      const running = await sandbox.start(spec);
      const own = join(data, "late-code");
      mkdirSync(own);
      writeFileSync(join(own, "hello.txt"), "late\n");
      await running.assign(own, { memoryMb: 256, tmpMb: 512 });
      running.exec(["/bin/sh", "-c", "cat hello.txt /var/runtime/hello.txt; cat; env; ls /proc/self/fd | tr '\\n' ' '; cat <&3 >&3; exit 7"], { PATH: "/usr/bin:/bin", ODD: "it's \"quoted\" $HOME\nand long" });
      running.channel!.end("ping");
      const [out, channel, exit] = await Promise.all([text(running.stdout), text(running.channel!), running.exited]);
      await running.dispose();
      assert.match(out, /^late\nlate\n/);
      const variables = out.split("\n").filter((line) => /^[\w-]+=/.test(line) && !/^(SHLVL|_|OLDPWD)=/.test(line)).sort();
      assert.deepEqual(variables, ["ODD=it's \"quoted\" $HOME", "PATH=/usr/bin:/bin", "PWD=/var/task"]);
      assert.match(out, /\nand long\n/);
      assert.equal(channel, "ping");
      assert.equal(exit.code, 7);
    });

    it("is gone without a trace when its command never comes", { skip: !view }, async () => {
      const running = await sandbox.start({ id: ids.uuid(), argv: [], env: {}, readOnlyPaths: [], memoryMb: 128, tmpMb: 512, network: "shared", channel: false });
      await running.kill();
      await running.dispose();
      running.exec(["/bin/true"], {});
    });

    it("says that it cannot take code from another file system", { skip: !view || !existsSync("/dev/shm") }, async (t) => {
      const elsewhere = mkdtempSync("/dev/shm/evoke-test-");
      t.after(() => rmSync(elsewhere, { recursive: true, force: true }));
      writeFileSync(join(elsewhere, "x"), "");
      const running = await sandbox.start({ id: ids.uuid(), argv: ["/bin/sleep", "100"], env: {}, runtimeDir: code, readOnlyPaths: [], memoryMb: 128, tmpMb: 512, network: "shared", channel: false });
      await assert.rejects(running.assign(elsewhere, { memoryMb: 128, tmpMb: 512 }), CannotAssign);
      await running.kill();
      await running.dispose();
    });

    it("has the descriptor limit of AWS and leaves no core files", async () => {
      assert.equal((await output("ulimit -n; ulimit -c")).out, "1024\n0\n");
    });

    it("leaves nothing running when the platform is killed", { skip: process.platform !== "linux" || (sandbox.level > 2 && !existsSync("/usr/bin/setpriv")) }, async () => {
      const marker = ids.uuid();
      const platform = spawn(process.execPath, ["-e", `
        const { openSandbox } = await import(${JSON.stringify(join(import.meta.dirname, "open.ts"))});
        const { realClock } = await import(${JSON.stringify(join(import.meta.dirname, "../../kernel/clock.ts"))});
        const { realIds } = await import(${JSON.stringify(join(import.meta.dirname, "../../kernel/ids.ts"))});
        const { silentLog } = await import(${JSON.stringify(join(import.meta.dirname, "../../kernel/log.ts"))});
        const sandbox = await openSandbox({ isolation: "${isolation}", dataDir: ${JSON.stringify(data)}, clock: realClock(), ids: realIds(), log: silentLog });
        const running = await sandbox.start({ id: "orphan", argv: ["/bin/sh", "-c", "setsid sleep 100 & echo up; sleep 100; true"], env: { PATH: "/usr/bin:/bin", MARK: "${marker}" }, codeDir: ${JSON.stringify(code)}, runtimeDir: ${JSON.stringify(code)}, readOnlyPaths: [], memoryMb: 128, tmpMb: 16, network: "shared", channel: false });
        running.stdout.once("data", () => process.stdout.write("up"));
      `], { stdio: ["ignore", "pipe", "inherit"] });
      await once(platform.stdout, "data");
      assert.ok((await existing(marker)).length >= 2);
      platform.kill("SIGKILL");
      await once(platform, "exit");
      if (view) await until("the orphans are gone", async () => (await existing(marker)).length === 0);
      else await until("the main process is gone", async () => (await existing(marker)).length <= 2);
      await sandbox.sweep(); // a plain process's children are found by the next platform
      await until("the rest is gone", async () => (await existing(marker)).length === 0);
    });

    it("leaves no folders, mounts or groups behind", async () => {
      assert.deepEqual(readdirSync(join(data, "sandboxes")), []);
      await sandbox.close();
      assert.equal(existsSync(join(data, "sandboxes")), false);
      if (process.platform === "linux") assert.ok(!readFileSync("/proc/self/mountinfo", "utf8").includes(data));
    });
  });
}
