// Several events sent to one process at once: nobody can tell, but for the speed.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { FunctionVersion } from "../ports/functions.ts";
import { type TestEngine, openTestEngine } from "../../test/support/engine.ts";

const CODE = `
const http = require("node:http");
const ask = (url) => new Promise((resolve, reject) => http.get(url, (answer) => answer.resume().on("end", resolve)).on("error", reject));
let running = 0;
exports.handler = async (event) => {
  if (++running > 1) throw new Error("two at a time");
  try {
    if (event.fail) throw new Error("as asked");
    if (event.exit) process.exit(3);
    if (event.hang) for (;;);
    if (event.ask) await ask(event.ask);
    return { id: event.id };
  } finally { running--; }
};`;

let t: TestEngine;
let server: Server;
let base: string;
/** By runtime: "/wait/…" is answered once somebody has asked for "/go/…", whichever comes first. */
const gates = new Map(["nodejs22.x", "nodejs24.x"].map((runtime) => [runtime, Promise.withResolvers<void>()]));
before(async () => {
  t = await openTestEngine({});
  server = createServer((request, response) => {
    const [, what, runtime] = request.url!.split("/");
    const gate = gates.get(runtime!)!;
    if (what === "go") gate.resolve();
    void gate.promise.then(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await t.close();
});

/** Fast so often in a row that a crowd is sent along with each other. */
async function steady(name: string, runtime: string): Promise<FunctionVersion> {
  const version = await t.version(name, { "index.js": CODE }, { runtime, memoryMb: 1769, timeoutSeconds: 2 });
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 40 }, (_, id) => t.invoke(version, { id })));
  return version;
}

/** The first goes alone, because nobody waits yet; `special` is the next, and takes the others along. */
async function crowd(version: FunctionVersion, special: object) {
  const [first, answer, ...others] = await Promise.all([{ id: "first" }, special, ...Array.from({ length: 30 }, (_, id) => ({ id }))].map((event) => t.invoke(version, event)));
  assert.equal(first!.json.id, "first");
  return { answer: answer!, others: others.map(({ failed, json }) => [failed, json.id]) };
}

const ids = Array.from({ length: 30 }, (_, id) => id);

for (const runtime of ["nodejs22.x", "nodejs24.x"]) {
  test(`each of a crowd gets its own answer, one at a time, on ${runtime}`, async () => {
    const version = await steady(`crowd-${runtime.slice(6, 8)}`, runtime);
    const { answer, others } = await crowd(version, { id: "special" });
    assert.deepEqual([[answer.failed, answer.json.id], ...others], [[false, "special"], ...ids.map((id) => [false, id])]);
    const lines = await t.lines(version.name);
    const of = (word: string) => lines.filter((line) => line.startsWith(`${word} RequestId`)).map((line) => line.split(" ")[2]!.split("\t")[0]);
    assert.equal(new Set(of("START")).size, 832);
    assert.deepEqual(of("START").toSorted(), of("END").toSorted());
  });

  test(`an invocation that waits for one sent along with it gets what it waits for, on ${runtime}`, async () => {
    const version = await steady(`waits-${runtime.slice(6, 8)}`, runtime);
    // The one that fails ends at once; what it brought along must still be given back by the one that waits after it.
    assert.equal((await Promise.all([{ id: 0 }, { id: 1, fail: true }, { id: 2, ask: `${base}/wait/${runtime}` }, { id: 3, ask: `${base}/go/${runtime}` }].map((event) => t.invoke(version, event)))).filter(({ failed }) => failed).length, 1);
    gates.set(runtime, Promise.withResolvers<void>());
    for (let round = 0; round < 10; round++) await Promise.all(ids.map((id) => t.invoke(version, { id })));
    const events = [{ id: 0 }, { id: 1, ask: `${base}/wait/${runtime}` }, { id: 2 }, { id: 3, ask: `${base}/go/${runtime}` }, ...ids.map((id) => ({ id: id + 4 }))];
    const answers = await Promise.all(events.map((event) => t.invoke(version, event)));
    assert.deepEqual(answers.map(({ failed, json }) => [failed, json.id]), events.map(({ id }) => [false, id]));
  });
}

test("a process that ends takes only the invocation with it that had begun", async () => {
  const version = await steady("exits", "nodejs24.x");
  const { answer, others } = await crowd(version, { exit: true });
  assert.match(answer.json.errorMessage, /exit status 3/);
  assert.deepEqual(others, ids.map((id) => [false, id]));
});

test("an invocation that hangs its process is timed out alone", async () => {
  const version = await steady("hangs", "nodejs24.x");
  const { answer, others } = await crowd(version, { hang: true });
  assert.equal(answer.json.errorType, "Sandbox.Timedout");
  assert.deepEqual(others, ids.map((id) => [false, id]));
});
