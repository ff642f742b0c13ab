// What arrives on the socket itself: pipelines, broken HTTP, slow and vanishing clients, large bodies, closing.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { realClock } from "../kernel/clock.ts";
import { http, openTestGateway, raw } from "./test-gateway.ts";

const PATH = "POST /2015-03-31/functions/f/invocations";
const invoke = (body: string, headers: Record<string, string> = {}) => http(PATH, headers, body);
const close = { Connection: "close" };
const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => match[1]);
const bodies = (text: string) => [...text.matchAll(/\r\n\r\n("[^"]*")/g)].map((match) => match[1]);
const eventually = async (what: () => boolean) => { for (let turn = 0; turn < 400 && !what(); turn++) await realClock().sleep(5); assert.ok(what(), String(what)); };

test("pipelined invokes are answered in order, whole or cut anywhere, and across the change to node:http", async (t) => {
  const { port } = await openTestGateway(t);
  const three = invoke('"slow 1"') + invoke('"2"') + invoke('"3"');
  const last = http("GET /_evoke/health", close);
  assert.deepEqual(bodies(await raw(port, [three + invoke('"4"', close)])), ['"slow 1"', '"2"', '"3"', '"4"']);
  const chunked = `${http(PATH, { "Transfer-Encoding": "chunked" })}3\r\n"c"\r\n0\r\n\r\n`;
  const mixed = await raw(port, [three + chunked + invoke('"5"') + last]);
  assert.deepEqual(bodies(mixed), ['"slow 1"', '"2"', '"3"', '"c"', '"5"']);
  assert.deepEqual(statuses(mixed), ["200", "200", "200", "200", "200", "200"]);
  for (const cut of [1, 20, 60, 90, invoke('"1"').length - 1, invoke('"1"').length + 5]) {
    const text = invoke('"1"') + invoke('"2"') + invoke('"3"', close);
    assert.deepEqual(bodies(await raw(port, [text.slice(0, cut), text.slice(cut)])), ['"1"', '"2"', '"3"'], `cut at ${cut}`);
  }
});

test("both fronts give the same answer and headers", async (t) => {
  const { port } = await openTestGateway(t);
  const fast = await raw(port, [invoke('"x"')], /"x"/), slow = await raw(port, [invoke('"x"', { Te: "trailers" })], /"x"/);
  const names = (text: string) => text.split("\r\n\r\n")[0]!.split("\r\n").slice(1).map((line) => line.slice(0, line.indexOf(":")).toLowerCase()).sort();
  assert.deepEqual(names(fast), names(slow));
  for (const text of [fast, slow]) {
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(text, /x-amzn-requestid: [0-9a-f-]{36}\r\n/i);
    assert.match(text, /date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/i);
    assert.match(text, /content-length: 3\r\n/i);
  }
});

test("broken HTTP gets 400 or its own status, and the connection ends", async (t) => {
  const { port, calls } = await openTestGateway(t);
  const broken: Record<string, [string, RegExp]> = {
    nonsense: ["nonsense\r\n\r\n", /^HTTP\/1\.1 400 /], "no host": ["POST / HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /], "TLS": ["\x16\x03\x01\x02\x00\x01\x00", /^HTTP\/1\.1 400 /],
    "two lengths": [invoke('"1"', { "content-length": "4" }), /^HTTP\/1\.1 400 /], "length and chunks": [`${invoke('"1"', { "Transfer-Encoding": "chunked" })}`, /^HTTP\/1\.1 400 /],
    "a bare LF in a header": [invoke('"1"').replace("Host: localhost\r\n", "Host: localhost\nX: y\r\n"), /^HTTP\/1\.1 400 /], "a folded header": [invoke('"1"').replace("Host: localhost\r\n", "Host: localhost\r\nX: a\r\n b\r\n"), /^HTTP\/1\.1 400 /],
    "absolute form": [http("GET http://evil.example/", close), /^HTTP\/1\.1 403 /], "absolute form of a path that is none": [http("GET ftp://evil.example/", close), /^HTTP\/1\.1 400 /], "asterisk": [http("OPTIONS *", close), /^HTTP\/1\.1 400 /],
    "a huge head": [http("GET /", { "X-Long": "x".repeat(40_000) }), /^HTTP\/1\.1 431 /], "CONNECT": ["CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", /^$/],
  };
  for (const [what, [text, expected]] of Object.entries(broken)) assert.match(await raw(port, [Buffer.from(text, "latin1")]), expected, what);
  assert.equal(calls.length, 0);
});

test("a chunked body, HEAD, and Expect: 100-continue work", async (t) => {
  const { port } = await openTestGateway(t);
  assert.deepEqual(bodies(await raw(port, [http(PATH, { "Transfer-Encoding": "chunked", ...close }), "2\r\n\"a\r\n", "2\r\nb\"\r\n0\r\n\r\n"])), ['"ab"']);
  const head = await raw(port, [http("HEAD /b/key", { Host: "s3.localhost", ...close })]);
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n[^]*content-length: 12\r\n[^]*\r\n\r\n$/i);
  const continued = await raw(port, [http(PATH, { "Content-Length": "3", Expect: "100-continue", ...close }), '"y"']);
  assert.match(continued, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[^]*"y"$/);
  const refused = await raw(port, [http(PATH, { "Content-Length": "3", Expect: "100-continue", Origin: "http://evil.example" })]);
  assert.match(refused, /^HTTP\/1\.1 403 /, "the body is not even asked for, and the connection ends");
});

test("a body that is too large is refused with 413, announced or not, and the client gets to read it", async (t) => {
  const { port } = await openTestGateway(t);
  const megabyte = Buffer.alloc(1024 * 1024, 32);
  assert.match(await raw(port, [Buffer.concat([Buffer.from(http(PATH, { "Content-Length": String(9 * megabyte.length), ...close })), ...Array(9).fill(megabyte)])]), /^HTTP\/1\.1 413 [^]*TooLarge/i);
  const chunks = Array(9).fill(Buffer.concat([Buffer.from("100000\r\n"), megabyte, Buffer.from("\r\n")]));
  assert.match(await raw(port, [Buffer.concat([Buffer.from(http(PATH, { "Transfer-Encoding": "chunked", ...close })), ...chunks, Buffer.from("0\r\n\r\n")])]), /^HTTP\/1\.1 413 [^]*TooLarge/i);
});

test("a client that announces too much and waits is answered before it has sent it", async (t) => {
  const { port } = await openTestGateway(t);
  const announced = http(PATH, { "Content-Length": String(5 * 1024 ** 3) });
  assert.match(await raw(port, [announced + "x".repeat(1000)], /TooLarge/), /^HTTP\/1\.1 413 /);
});

test("a client that goes away aborts its call, on either front", async (t) => {
  const { port, calls, logged } = await openTestGateway(t);
  for (const [index, headers] of [{}, { Te: "trailers" }].entries()) {
    const socket = connect(port, "127.0.0.1");
    socket.write(invoke('"wait"', headers as Record<string, string>));
    await eventually(() => calls.length === index + 1);
    assert.equal(calls[index]!.call.signal.aborted, false);
    socket.destroy();
    await eventually(() => calls[index]!.call.signal.aborted);
  }
  await eventually(() => logged.length === 2);
  assert.deepEqual(logged.map(({ message }) => message), Array(2).fill("a client left before its answer"));
});

test("closing lets running requests finish, then cuts off the rest", async (t) => {
  for (const headers of [{}, { Te: "trailers" }] as Record<string, string>[]) {
    const { gateway, port, calls } = await openTestGateway(t);
    const idle = connect(port, "127.0.0.1").on("error", () => {});
    const idleClosed = new Promise((resolve) => idle.once("close", resolve));
    const finished = raw(port, [invoke('"slow"', headers)]);
    await eventually(() => calls.length === 1);
    await gateway.close(5000);
    assert.match(await finished, /connection: close\r\n[^]*"slow"$/i);
    await idleClosed;
    await assert.rejects(raw(port, ["x"]), /ECONNREFUSED/);
  }
  const { gateway, port, calls } = await openTestGateway(t);
  const cut = raw(port, [invoke('"wait"')]);
  await eventually(() => calls.length === 1);
  await gateway.close(50);
  await cut;
  assert.equal(calls[0]!.call.signal.aborted, true);
});

test("five thousand damaged requests in 250 pipelines neither crash the gateway nor stop it answering", async (t) => {
  const { port } = await openTestGateway(t);
  const good = invoke('"1"');
  for (let batch = 0; batch < 10; batch++) {
    await Promise.all(Array.from({ length: 25 }, async (_, index) => {
      const bytes = Buffer.from(good.repeat(20), "latin1");
      for (let flips = 0; flips < 5; flips++) bytes[(batch * 7919 + index * 104_729 + flips * 1_299_709) % bytes.length] = (batch * 31 + index * 17 + flips * 13) & 255;
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      socket.end(bytes);
      await new Promise((resolve) => socket.resume().once("close", resolve));
    }));
  }
  assert.deepEqual(bodies(await raw(port, [invoke('"alive"', close)])), ['"alive"']);
});

test("a streamed answer goes out chunk by chunk, and its source is ended when the client leaves", async (t) => {
  const { port, options } = await openTestGateway(t);
  const source = { sent: 0, ended: false };
  options.pages["/_evoke/endless"] = async () => ({ status: 200, headers: {}, body: (async function* () {
    try { for (;;) { source.sent++; yield Buffer.alloc(65_536); } } finally { source.ended = true; }
  })() });
  const socket = connect(port, "127.0.0.1");
  socket.write(http("GET /_evoke/endless"));
  await new Promise((resolve) => socket.once("data", resolve));
  socket.pause();
  await realClock().sleep(300);
  assert.ok(source.sent < 1000, `a client that does not read is waited for, but ${source.sent} chunks were made`);
  socket.destroy();
  await eventually(() => source.ended);
});
