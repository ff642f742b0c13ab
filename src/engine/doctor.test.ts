// The doctor on this very machine, and with a port that is taken.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { realClock } from "../kernel/clock.ts";
import { realIds } from "../kernel/ids.ts";
import { silentLog } from "../kernel/log.ts";
import { diagnose } from "./doctor.ts";
import { openInterpreters } from "./interpreters.ts";

it("says something about every part of the machine, what to do where it is not good, and leaves nothing behind", async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), "evoke-doctor-"));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const interpreters = openInterpreters({ dataDir, environment: { PATH: "/nowhere", HOME: dataDir }, execPath: process.execPath, log: silentLog });
  const findings = await diagnose({ dataDir, host: "127.0.0.1", port: (server.address() as AddressInfo).port, isolation: "auto", interpreters, clock: realClock(), ids: realIds(), log: silentLog });
  const names = findings.map(({ name }) => name);
  for (const name of ["disk speed", "disk space", "isolation", "memory", "open files", "port", "nodejs20.x", "python", "java", "ruby", "dotnet"]) assert.ok(names.includes(name), name);
  const port = findings.find(({ name }) => name === "port")!;
  assert.deepEqual([port.ok, port.says.includes("in use"), typeof port.fix], [false, true, "string"]);
  for (const { ok, says, fix } of findings) assert.ok(says.length > 0 && (ok || fix !== undefined || says.startsWith("missing")), says);
  assert.deepEqual(readdirSync(dataDir), []);
});
