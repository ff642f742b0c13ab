// For this folder's tests: a gateway over real sockets with small rooms behind real wire services, and raw HTTP by hand.
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import type { Call } from "../kernel/call.ts";
import { realClock } from "../kernel/clock.ts";
import { Fault, ServiceError } from "../kernel/errors.ts";
import { realIds } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { CorsRule } from "../ports/bucket-web.ts";
import type { Identity, KnownKey } from "../ports/identity.ts";
import { openWireService } from "../wire/wire.ts";
import { type Gateway, type GatewayOptions, openGateway, type ServedService } from "./gateway.ts";

const unreachable = () => Promise.reject(new Error("no function URL, website or form is served here"));

export interface TestGateway {
  gateway: Gateway;
  url: string;
  port: number;
  /** What the rooms saw. */
  calls: { operation: string; input: any; call: Call }[];
  logged: { message: string; fields?: Record<string, unknown> | undefined }[];
  options: GatewayOptions;
}

const wires = new Map<string, ReturnType<typeof openWireService>>();
const wireOf = (client: string) => wires.get(client) ?? wires.set(client, openWireService(client)).get(client)!;

export async function openTestGateway(t: TestContext, config: Partial<GatewayOptions["config"]> = {}, keys: Record<string, KnownKey> = {}, clock = realClock(), cors: Record<string, CorsRule[]> = {}): Promise<TestGateway> {
  const calls: TestGateway["calls"] = [];
  const logged: TestGateway["logged"] = [];
  const keep = (message: string, fields?: Record<string, unknown>) => { logged.push({ message, fields }); };
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep };
  const seen = (operation: string, run: (input: any, call: Call) => object | Promise<object>) => async (input: any, call: Call) => { calls.push({ operation, input, call }); return run(input, call); };
  const rooms: Record<string, { client: string; operations: ServedService["operations"] }> = {
    lambda: { client: "@aws-sdk/client-lambda", operations: {
      ListFunctions: seen("ListFunctions", () => ({ Functions: [] })),
      GetFunction: seen("GetFunction", () => { throw new ServiceError("ResourceNotFoundException", "Function not found"); }),
      DeleteFunction: seen("DeleteFunction", () => { throw new Fault("disk is full", new Error("ENOSPC secret detail")); }),
      GetAccountSettings: seen("GetAccountSettings", () => { throw new TypeError("secret detail of ours"); }),
      Invoke: seen("Invoke", async (input, call) => {
        const payload = Buffer.from(input.Payload ?? "");
        if (payload.includes("wait")) await new Promise((_, reject) => call.signal.addEventListener("abort", () => reject(call.signal.reason)));
        if (payload.includes("slow")) await realClock().sleep(150);
        return { StatusCode: 200, ExecutedVersion: "$LATEST", Payload: payload };
      }),
    } },
    sts: { client: "@aws-sdk/client-sts", operations: {
      GetCallerIdentity: seen("GetCallerIdentity", (_, call) => ({ Account: call.account, Arn: call.principal.arn, UserId: call.principal.userId })),
      AssumeRoleWithWebIdentity: seen("AssumeRoleWithWebIdentity", () => ({ Audience: "test" })),
    } },
    logs: { client: "@aws-sdk/client-cloudwatch-logs", operations: { DescribeLogGroups: seen("DescribeLogGroups", () => ({ logGroups: [] })) } },
    s3: { client: "@aws-sdk/client-s3", operations: {
      ListBuckets: seen("ListBuckets", () => ({ Buckets: [] })),
      GetObject: seen("GetObject", async (input) => ({ Body: (async function* () { yield Buffer.from(`object ${input.Key}`); })(), ContentType: "text/plain" })),
      HeadObject: seen("HeadObject", () => ({ ContentLength: 12, ContentType: "text/plain" })),
      PutObject: seen("PutObject", async (input) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of input.Body ?? []) chunks.push(chunk);
        return { ETag: `"${Buffer.concat(chunks).toString().slice(0, 40)}:${Buffer.concat(chunks).length}"` };
      }),
    } },
  };
  const identity: Identity = { findKey: async (id) => keys[id], credentialsForRole: async () => { throw new Error("not here"); } };
  const options: GatewayOptions = {
    config: { host: "127.0.0.1", port: 0, region: "us-east-1", credentials: "", iam: "auto", allowedOrigins: "", allowedHosts: "", ...config },
    clock, ids: realIds(), log, identity, access: { mode: "off", decide: async () => ({ allowed: true }), check: async () => undefined, refusal: () => undefined, changed: () => undefined }, credentialUse: { note: () => undefined }, serviceNames: Object.keys(rooms),
    service: async (name) => (Object.hasOwn(rooms, name) ? { wire: await wireOf(rooms[name]!.client), operations: rooms[name]!.operations, access: { prefix: name, rules: {} } } : undefined),
    bucketWeb: { corsRules: async (name) => cors[name], isOpen: async () => false, visit: unreachable, inputOf: unreachable, post: unreachable },
    functionUrls: { urls: { find: async () => undefined }, directory: { resolve: async () => undefined }, functions: { invoke: unreachable, invokeStreaming: unreachable }, metrics: { series: () => () => undefined, flush: async () => undefined } },
    pages: { "/_evoke/health": async () => ({ status: 200, headers: { "content-type": "application/json" }, body: '{"status":"ok"}' }), "/_evoke/code/": async (request) => ({ status: 200, headers: {}, body: request.path }) },
    accountPages: { "/_evoke/own": async (_request, account) => ({ status: 200, headers: {}, body: `of ${account}` }) },
  };
  const gateway = openGateway(options);
  t.after(() => gateway.close(0));
  const { url } = await gateway.listen();
  return { gateway, url, port: Number(new URL(url).port), calls, logged, options };
}

/** Writes these pieces one after another and answers all that comes back until the server closes (or, with `until`, until it was seen). */
export async function raw(port: number, pieces: (string | Buffer)[], until?: RegExp): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  socket.on("error", () => {});
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  if (until) {
    let seen = "";
    socket.on("data", (chunk) => { seen += chunk.toString("latin1"); if (until.test(seen)) socket.destroy(); });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await writeAll(socket, pieces);
    await closed;
    return seen;
  }
  const all = text(socket).catch(() => "");
  await writeAll(socket, pieces);
  return all;
}

async function writeAll(socket: ReturnType<typeof connect>, pieces: (string | Buffer)[]): Promise<void> {
  for (const piece of pieces) {
    await new Promise((resolve) => socket.write(piece, resolve));
    if (pieces.length > 1) await realClock().sleep(5);
  }
}

/** One request as text; `Host` and the body's length are added. */
export function http(line: string, headers: Record<string, string> = {}, body = ""): string {
  const all = { Host: "localhost", ...(body && { "Content-Length": String(Buffer.byteLength(body)) }), ...headers };
  return `${line} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}
