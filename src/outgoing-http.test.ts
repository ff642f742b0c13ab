// Requests to servers that answer in every way there is. Real sockets.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { openOutgoingHttp } from "./outgoing-http.ts";

/** What comes of a request to a server that answers with these bytes, and then closes the connection or does not. */
async function outcome(answer: string, closes: boolean): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => (closes ? socket.end(answer) : socket.write(answer)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { status, body } = await openOutgoingHttp().send({ method: "POST", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, headers: { a: "b" }, body: "x", timeoutMs: 300 });
    return `${status} ${Buffer.from(body).toString().slice(0, 10)} ${body.byteLength}`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    server.close();
  }
}

test("a request ends, whatever the server answers or does not", async () => {
  assert.equal(await outcome("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false), "200 ok 2");
  assert.equal(await outcome("HTTP/1.0 200 OK\r\n\r\nuntil the end", true), "200 until the  13");
  assert.equal(await outcome(`HTTP/1.1 500 No\r\nContent-Length: 200000\r\n\r\n${"x".repeat(100_000)}`, false), "500 xxxxxxxxxx 65536", "no more is read");
  assert.equal(await outcome("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", false), "the connection was closed without an answer");
  assert.equal(await outcome("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true), "aborted");
  assert.equal(await outcome("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", false), "The operation was aborted");
  assert.equal(await outcome("HTTP/1.1 100 Continue\r\n\r\n", false), "The operation was aborted");
  assert.equal(await outcome("", true), "socket hang up");
  assert.match(await outcome("SSH-2.0\r\n", false), /^Parse Error/);
});
