// A load generator of its own process for SQS over its JSON protocol: keep-alive connections, one request in flight on each, raw sockets.
// Arguments: URL, queue URL, "send" or "take" (receive, then delete), messages per call, connections, seconds, and at most how many calls.
// Prints {messages, perSecond, p50Us, p99Us}; the times are those of SendMessage or ReceiveMessage. A queue that runs empty ends it.
import { connect, type Socket } from "node:net";

const [url, queue, action, batch, connections, seconds] = [process.argv[2]!, process.argv[3]!, process.argv[4]!, Number(process.argv[5]), Number(process.argv[6]), Number(process.argv[7])];
const callsMax = Number(process.argv[8] ?? Infinity);
const { hostname, port } = new URL(url);
const WARM_MS = callsMax === Infinity ? 300 : 0;
const MESSAGE = "x".repeat(200);

const started = performance.now();
const end = started + WARM_MS + seconds * 1000;
const latencies: number[] = [];
let [messages, calls, lastMs] = [0, 0, started];

function requestOf(operation: string, input: object): string {
  const body = JSON.stringify({ QueueUrl: queue, ...input });
  return `POST / HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.${operation}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nX-Amz-Date: 20260101T000000Z\r\n` +
    `Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}\r\n\r\n${body}`;
}

/** The answer's body; throws what is no success. */
function call(socket: Socket, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let held = "";
    const read = (chunk: Buffer) => {
      held += chunk.toString("latin1");
      const head = held.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(held.slice(0, head + 2))?.[1] ?? 0);
      if (held.length < head + 4 + length) return;
      socket.off("data", read);
      const body = held.slice(head + 4, head + 4 + length);
      if (held.startsWith("HTTP/1.1 200") && !body.includes('"Failed":[{')) resolve(body);
      else reject(new Error(held));
    };
    socket.on("data", read);
    socket.write(request);
  });
}

const sending = batch === 1 ? requestOf("SendMessage", { MessageBody: MESSAGE }) : requestOf("SendMessageBatch", { Entries: Array.from({ length: batch }, (_, n) => ({ Id: `${n}`, MessageBody: MESSAGE })) });
const receiving = requestOf("ReceiveMessage", { MaxNumberOfMessages: batch, VisibilityTimeout: 600 });

function count(beganMs: number, howMany: number, callMs: number): void {
  if (beganMs - started < WARM_MS) return;
  messages += howMany;
  latencies.push(callMs);
  lastMs = performance.now();
}

async function send(socket: Socket): Promise<boolean> {
  const began = performance.now();
  await call(socket, sending);
  count(began, batch, performance.now() - began);
  return true;
}

async function take(socket: Socket): Promise<boolean> {
  const began = performance.now();
  const answer = await call(socket, receiving);
  const callMs = performance.now() - began;
  const received = (JSON.parse(answer) as { Messages?: { ReceiptHandle: string }[] }).Messages ?? [];
  if (received.length === 0) return false;
  await call(socket, received.length === 1
    ? requestOf("DeleteMessage", { ReceiptHandle: received[0]!.ReceiptHandle })
    : requestOf("DeleteMessageBatch", { Entries: received.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle })) }));
  count(began, received.length, callMs);
  return true;
}

await Promise.all(Array.from({ length: connections }, async () => {
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const step = action === "send" ? send : take;
  while (performance.now() < end && calls++ < callsMax && await step(socket));
  socket.end();
}));
latencies.sort((a, b) => a - b);
const at = (share: number) => Math.round((latencies[Math.floor(latencies.length * share)] ?? NaN) * 1000);
process.stdout.write(JSON.stringify({ messages, perSecond: Math.round(messages / ((lastMs - started - WARM_MS) / 1000)), p50Us: at(0.5), p99Us: at(0.99) }));
