// What a function's variables may do to the programs that start it: nothing, on any level.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { realClock } from "../../kernel/clock.ts";
import { realIds } from "../../kernel/ids.ts";
import { silentLog } from "../../kernel/log.ts";
import { openSandbox } from "./open.ts";

const ids = realIds();
/** The GNU linker says so each time it cannot load what LD_PRELOAD names: how often tells how many programs have tried. */
const isGnu = process.platform === "linux" && process.report.getReport() !== null && existsSync("/usr/bin/ldd") && "glibcVersionRuntime" in (process.report.getReport() as { header: object }).header;

for (const isolation of ["bubblewrap", "uid", "none"] as const) {
  test(`LD_PRELOAD reaches the function alone, with isolation ${isolation}`, async (t) => {
    if (!isGnu) return t.skip("the GNU linker");
    const dataDir = await mkdtemp(join(tmpdir(), "evoke-preload-"));
    const sandbox = await openSandbox({ isolation, dataDir, clock: realClock(), ids, log: silentLog }).catch((error: Error) => error);
    if (sandbox instanceof Error) { await rm(dataDir, { recursive: true, force: true }); return t.skip(sandbox.message); }
    const running = await sandbox.start({
      id: `preload-${ids.uuid()}`, argv: ["/bin/cat", "/proc/self/environ"], env: { PATH: "/usr/bin:/bin", LD_PRELOAD: "/nowhere.so", QUOTED: "a 'b' \"$c\"\n" }, codeDir: "/usr/share", readOnlyPaths: [], memoryMb: 128, tmpMb: 16, network: "shared", channel: false,
    });
    const [out, errors, exit] = await Promise.all([running.stdout.toArray(), running.stderr.toArray(), running.exited]);
    await running.dispose();
    await sandbox.close();
    await rm(dataDir, { recursive: true, force: true });
    assert.equal(exit.code, 0);
    assert.equal(Buffer.concat(errors).toString().match(/nowhere\.so/g)?.length, 1, Buffer.concat(errors).toString());
    const variables = Buffer.concat(out).toString().split("\0");
    assert.ok(variables.includes("QUOTED=a 'b' \"$c\"\n") && variables.includes("LD_PRELOAD=/nowhere.so"));
    assert.deepEqual(variables.filter((each) => each.startsWith("EVOKE_")), []);
  });
}
