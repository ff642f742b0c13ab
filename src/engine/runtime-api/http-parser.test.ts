// The Runtime API's parser: what AWS's clients send, however it is cut into packets, and what it refuses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { requestParser } from "./http-parser.ts";

interface Seen { method: string; path: string; headers: Record<string, string>; body: string; trailers: Record<string, string>; keepAlive: boolean }

function parse(text: string, pieceBytes = Infinity): { seen: Seen[]; bad: [number, string][] } {
  const seen: Seen[] = [];
  const bad: [number, string][] = [];
  let current: Seen;
  const parser = requestParser({
    head({ method, path, headers, keepAlive }) { current = { method, path, headers: { ...headers }, body: "", trailers: {}, keepAlive }; },
    body(chunk) { current.body += chunk.toString("latin1"); },
    end(trailers) { seen.push({ ...current, trailers: { ...trailers } }); },
    bad: (status, reason) => bad.push([status, reason]),
  });
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) parser.feed(bytes.subarray(at, Math.min(bytes.byteLength, at + pieceBytes)));
  return { seen, bad };
}

const TWO = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nX-One: 1\r\nX-One: 2\r\nConnection: close\r\n\r\n";
const CHUNKED = "POST /s HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n3\r\nabc\r\n5;ext=1\r\ndefgh\r\n0\r\nX-End: yes\r\n\r\nGET /next HTTP/1.1\r\n\r\n";

test("requests come out the same however they are cut", () => {
  for (const pieceBytes of [1, 2, 3, 7, 50, Infinity]) {
    const { seen } = parse(TWO, pieceBytes);
    assert.deepEqual(seen.map(({ method, path, body, keepAlive }) => [method, path, body, keepAlive]), [["POST", "/a", "abc", true], ["GET", "/b", "", false]]);
    assert.equal(seen[1]!.headers["x-one"], "1, 2");
    const chunked = parse(CHUNKED, pieceBytes).seen;
    assert.deepEqual(chunked.map(({ path, body, trailers }) => [path, body, trailers]), [["/s", "abcdefgh", { "x-end": "yes" }], ["/next", "", {}]]);
  }
});

test("what is not HTTP is refused", () => {
  const refused: [string, number][] = [
    ["garbage\r\n\r\n", 400], ["GET / HTTP/2.0\r\n\r\n", 400], ["GET /\x01 HTTP/1.1\r\n\r\n", 400], ["get / HTTP/1.1\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nNo colon\r\n\r\n", 400], ["GET / HTTP/1.1\r\n folded: x\r\n\r\n", 400], ["GET / HTTP/1.1\r\nBad name: x\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400], ["POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400], ["POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400],
    ["POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400], ["POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400],
    [`GET / HTTP/1.1\r\nX: ${"a".repeat(200_000)}`, 431], [`GET / HTTP/1.1\r\n${Array.from({ length: 200 }, (_, n) => `X${n}: 1\r\n`).join("")}\r\n`, 400],
  ];
  for (const [text, status] of refused) {
    const { seen, bad } = parse(`${text}GET /smuggled HTTP/1.1\r\n\r\n`);
    assert.equal(bad[0]?.[0], status, JSON.stringify(text.slice(0, 60)));
    assert.equal(bad.length, 1);
    assert.equal(seen.some(({ path }) => path === "/smuggled"), false);
  }
});
