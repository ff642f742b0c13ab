// A load generator of its own process: keep-alive connections, one request in flight on each, raw sockets so that it costs little.
// Arguments: URL, path, connections, seconds, "Event" for asynchronous invokes or "", and an access key id. Prints {requests, all, perSecond, p50Us, p99Us, failures}.
import { connect } from "node:net";

const [url, path, connections, seconds, isEvent] = [process.argv[2]!, process.argv[3]!, Number(process.argv[4]), Number(process.argv[5]), process.argv[6] === "Event"];
const { hostname, port } = new URL(url);
const body = JSON.stringify({ name: "Ada", numbers: [1, 2, 3], nested: { deep: true } });
const request = Buffer.from(
  `POST ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nX-Amz-Date: 20260101T000000Z\r\n` +
  `Authorization: AWS4-HMAC-SHA256 Credential=${process.argv[7] ?? "test"}/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}\r\n${isEvent ? "X-Amz-Invocation-Type: Event\r\n" : ""}\r\n${body}`,
);
const WARM_MS = 500;
const started = performance.now();
const end = started + WARM_MS + seconds * 1000;
const latencies: number[] = [];
let failures = 0;
let all = 0;

function open(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let sent = 0;
    let held = "";
    const send = () => {
      sent = performance.now();
      if (sent >= end) return socket.end();
      socket.write(request);
    };
    socket.on("connect", send);
    socket.on("data", (chunk) => {
      held += chunk.toString("latin1");
      const head = held.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(held.slice(0, head + 2))?.[1] ?? NaN);
      const chunked = Number.isNaN(length);
      if (chunked ? !held.endsWith("0\r\n\r\n") : held.length < head + 4 + length) return;
      const now = performance.now();
      if (!held.startsWith(isEvent ? "HTTP/1.1 202" : "HTTP/1.1 200") || /x-amz-function-error/i.test(held)) failures++;
      all++;
      if (sent - started > WARM_MS) latencies.push(now - sent);
      held = "";
      send();
    });
    socket.on("error", () => { failures++; });
    socket.on("close", () => resolve());
  });
}

await Promise.all(Array.from({ length: connections }, open));
latencies.sort((a, b) => a - b);
const at = (share: number) => Math.round((latencies[Math.floor(latencies.length * share)] ?? NaN) * 1000);
process.stdout.write(JSON.stringify({ requests: latencies.length, all, perSecond: Math.round(latencies.length / seconds), p50Us: at(0.5), p99Us: at(0.99), failures }));
