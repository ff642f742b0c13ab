// What the fast front takes, and that it takes nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededIds } from "../kernel/ids.ts";
import { readInvoke } from "./invoke-request.ts";

const HEAD = ["POST /2015-03-31/functions/f/invocations?Qualifier=1 HTTP/1.1", "Host: localhost:4566", "Content-Type: application/json", "Content-Length: 2"];
const bytes = (lines = HEAD, body = "{}") => Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
const withLine = (line: string) => bytes([...HEAD, line]);

test("a plain Invoke is read exactly, and what follows it is left", async () => {
  const read = readInvoke(Buffer.concat([bytes(), Buffer.from("POST /next")]))!;
  assert.equal(read.endsAt, bytes().length);
  assert.equal(read.request.method, "POST");
  assert.equal(read.request.path, "/2015-03-31/functions/f/invocations");
  assert.equal(read.request.query, "Qualifier=1");
  assert.deepEqual(read.request.headers, { host: "localhost:4566", "content-type": "application/json", "content-length": "2" });
  assert.equal(Buffer.from(await read.request.body.bytes(10)).toString(), "{}");
});

test("whatever could be read in two ways is handed over", () => {
  const refused: Record<string, Buffer> = {
    "half a head": bytes().subarray(0, 60), "half a body": bytes(HEAD, "{"), "another method": bytes([HEAD[0]!.replace("POST", "GET"), ...HEAD.slice(1)]),
    "another path": bytes(["POST /2015-03-31/functions/ HTTP/1.1", ...HEAD.slice(1)]), "a dot path": bytes(["POST /2015-03-31/functions/a/../b/invocations HTTP/1.1", ...HEAD.slice(1)]),
    "absolute form": bytes(["POST http://h/2015-03-31/functions/f/invocations HTTP/1.1", ...HEAD.slice(1)]), "HTTP/1.0": bytes([HEAD[0]!.replace("1.1", "1.0"), ...HEAD.slice(1)]),
    "two lengths": withLine("Content-Length: 2"), "two lengths that differ": withLine("content-length: 0"), "chunked": withLine("Transfer-Encoding: chunked"), "chunked in disguise": withLine("Transfer-Encoding : chunked"),
    "a folded header": withLine(" folded"), "a tab": withLine("A:\tb"), "a header without colon": withLine("nothing"), "an empty name": withLine(": x"), "an underscore": withLine("Content_Length: 9"), "__proto__": withLine("__proto__: x"), "constructor": withLine("constructor: x"),
    "a bare LF": withLine("A: b\nContent-Length: 9"), "a bare CR": withLine("A: b\rContent-Length: 9"), "a NUL": withLine("A: \0"), "a high byte": withLine("A: \xe9"), "expect": withLine("Expect: 100-continue"), "upgrade": withLine("Upgrade: h2c"),
    "connection close": withLine("Connection: close"), "a list in connection": withLine("Connection: keep-alive, te"), "no host": bytes([HEAD[0]!, ...HEAD.slice(2)]), "an empty host": bytes([HEAD[0]!, "Host: ", ...HEAD.slice(2)]), "no length": bytes(HEAD.slice(0, 3)),
    "a signed length": bytes([...HEAD.slice(0, 3), "Content-Length: +2"]), "a padded length": bytes([...HEAD.slice(0, 3), "Content-Length: 02"]), "a length list": bytes([...HEAD.slice(0, 3), "Content-Length: 2, 2"]), "a hex length": bytes([...HEAD.slice(0, 3), "Content-Length: 0x2"]),
    "a large body": bytes([...HEAD.slice(0, 3), "Content-Length: 70000"], "x".repeat(70_000)), "a long head": withLine(`A: ${"x".repeat(9000)}`), "nothing": Buffer.alloc(0), "a leading line end": Buffer.concat([Buffer.from("\r\n"), bytes()]),
  };
  for (const [what, input] of Object.entries(refused)) assert.equal(readInvoke(input), undefined, what);
});

test("fifty thousand damaged requests are read safely: never past the end, never with a length that differs from the header", () => {
  const ids = seededIds(7);
  const pieces = ["\r\n", "\n", "\r", ":", " ", "\t", "Content-Length: 9", "Transfer-Encoding: chunked", "\0", "HTTP/1.1", "\xff", "a", "0", "?", "/", "Connection: close\r\n"];
  let taken = 0;
  for (let round = 0; round < 50_000; round++) {
    let text = bytes().toString("latin1");
    for (let cut = 0; cut <= round % 3; cut++) {
      const at = Math.floor(ids.fraction() * text.length);
      text = text.slice(0, at) + pieces[Math.floor(ids.fraction() * pieces.length)] + text.slice(at + Math.floor(ids.fraction() * 3));
    }
    const input = Buffer.from(text, "latin1");
    const read = readInvoke(input);
    if (!read) continue;
    taken++;
    const head = text.slice(0, text.indexOf("\r\n\r\n"));
    assert.ok(read.endsAt <= input.length);
    assert.equal(head.match(/\ncontent-length:/gi)?.length, 1, head);
    assert.doesNotMatch(head, /\n(transfer-encoding|connection): *(?!keep-alive)|[^\r]\n|\r[^\n]|\0|\t/i);
    assert.equal(read.endsAt - head.length - 4, Number(/\ncontent-length: *(\d+)/i.exec(head)![1]));
  }
  assert.ok(taken > 100, `only ${taken} were taken`);
});
