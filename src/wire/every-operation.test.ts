// For every operation of every client the project uses: a value made from its schema, written by the real client's
// protocol, must be read back the same by us; and what we write, answers, events and errors, the client must read the same.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { Readable } from "node:stream";
import { test } from "node:test";
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import { ServiceError } from "../kernel/errors.ts";
import { bytesBody, type WireRequest } from "./http.ts";
import type { ProtocolName } from "./service-model.ts";
import { openWireService } from "./wire.ts";

/** By client, and by protocol where it is not the client's own: SQS and CloudWatch are also asked in their older dialects. */
const CASES: [client: string, speaks?: ProtocolName][] = [
  ["lambda"], ["cloudwatch-logs"], ["sts"], ["iam"], ["s3"], ["s3-control"], ["sqs"], ["sns"], ["ec2"], ["cloudwatch"], ["kinesis"], ["eventbridge"], ["scheduler"], ["pipes"],
  ["sqs", "awsQuery"], ["sqs", "rpcv2Cbor"], ["cloudwatch", "awsQuery"], ["cloudwatch", "rpcv2Cbor"], ["kinesis", "rpcv2Cbor"],
];
const PROTOCOL_CLASS: Partial<Record<ProtocolName, any>> = { awsQuery: AwsQueryProtocol, rpcv2Cbor: AwsSmithyRpcV2CborProtocol };
const ASKS_IN: Record<ProtocolName, Record<string, string>> = {
  awsJson1_0: { "x-amz-target": "a.B", "content-type": "application/x-amz-json-1.0" },
  awsJson1_1: { "x-amz-target": "a.B", "content-type": "application/x-amz-json-1.1" },
  rpcv2Cbor: { "smithy-protocol": "rpc-v2-cbor" },
  awsQuery: {}, ec2Query: {}, restJson1: {}, restXml: {},
};
// CloudWatch gives two errors one awsQuery code, so the client itself cannot tell them apart. SQS names two lists of
// ReceiveMessage "AttributeName" in its form.
const AMBIGUOUS: Record<string, string> = { cloudwatch: "err DashboardNotFoundError", sqs: "in  ReceiveMessage" };

let seed = 1;
const next = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
const TRICKY = ["plain", "a b&c=d/é", "<x> & \"y\"", "0", "true", "line\nbreak"];

function make(schema: NormalizedSchema, binding: any = {}, depth = 0): any {
  const traits: any = { ...schema.getMergedTraits(), ...binding };
  const inHeader = traits.httpHeader || traits.httpPrefixHeaders !== undefined;
  if (schema.isStructSchema()) return makeStructure(schema, depth);
  if (schema.isListSchema()) return depth > 5 ? [] : [0, 1].map(() => make(schema.getValueSchema(), traits.httpHeader ? { httpHeader: 1 } : {}, depth + 1));
  if (schema.isMapSchema()) return depth > 5 ? {} : { key1: make(schema.getValueSchema(), traits.httpPrefixHeaders !== undefined ? { httpHeader: 1 } : {}, depth + 1) };
  if (schema.isBlobSchema() || schema.isStreaming()) return new Uint8Array([0, 255, next(255)]);
  if (schema.isTimestampSchema()) return new Date((1e9 + next(1e6)) * 1000);
  if (schema.isBooleanSchema()) return true;
  if (schema.isNumericSchema()) return 1 + next(900);
  if (schema.isBigIntegerSchema()) return BigInt(next(1e6));
  if (schema.isDocumentSchema()) return { any: ["thing", 1, true] };
  return traits.mediaType ? '{"j":1}' : inHeader || traits.httpLabel ? `v${next(99)}` : TRICKY[next(TRICKY.length)];
}

function makeStructure(schema: NormalizedSchema, depth: number): any {
  const all = [...schema.structIterator()] as [string, NormalizedSchema][];
  if (schema.isUnionSchema()) {
    const [name, member] = all[next(all.length)] ?? [];
    return name && member ? { [name]: make(member, {}, depth + 1) } : {};
  }
  const out: any = {};
  for (const [name, member] of all) {
    const traits: any = member.getMergedTraits();
    if (traits.httpResponseCode) out[name] = 200;
    else if ((depth <= 4 || traits.httpLabel) && !(member.isStreaming() && member.isStructSchema())) out[name] = make(member, {}, depth + 1);
  }
  return out;
}

/** A form cannot say "an empty structure", so none is asked of it. */
function withoutEmpties(value: any): any {
  if (value instanceof Uint8Array || value instanceof Date || value === null || typeof value !== "object") return value;
  const kept: any = Array.isArray(value) ? value.map(withoutEmpties).filter((v) => v !== undefined) : Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withoutEmpties(v)]).filter(([, v]) => v !== undefined));
  return Object.keys(kept).length ? kept : undefined;
}

/** Comparable whatever class a client chose to hold a value in. */
function plain(value: any): any {
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Date) return { date: value.getTime() };
  if (typeof value?.valueOf?.() === "string") return value.toString(); // the clients wrap JSON strings
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return value.map(plain);
  if (!value || typeof value !== "object") return value;
  if (value.constructor?.name === "NumericValue") return { num: value.string };
  return Object.fromEntries(Object.entries(value).filter(([k, v]) => v !== undefined && k !== "$metadata").sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, plain(v)]));
}

async function bytesOf(body: any): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

async function toWireRequest(sent: any): Promise<WireRequest> {
  const query = new URLSearchParams();
  for (const [k, v] of Object.entries(sent.query ?? {})) for (const one of Array.isArray(v) ? v : [v]) query.append(k, (one as string) ?? "");
  return { method: sent.method, path: sent.path, query: query.toString(), headers: Object.fromEntries(Object.entries(sent.headers).map(([k, v]) => [k.toLowerCase(), String(v)])), body: bytesBody(await bytesOf(sent.body)) };
}

async function openBoth(name: string, speaks?: ProtocolName) {
  const sdk: any = await import(`@aws-sdk/client-${name}`);
  const Client: any = Object.values(sdk).find((v: any) => typeof v === "function" && /^class \w+Client /.test(String(v)) && v.name.endsWith("Client"));
  const client = new Client({ region: "us-east-1", credentials: { accessKeyId: "a", secretAccessKey: "b" }, ...(speaks && { protocol: PROTOCOL_CLASS[speaks] }) });
  const context = { ...client.config, endpoint: async () => ({ protocol: "http:", hostname: "h", path: "/", query: {} }) };
  client.config.protocol.setSerdeContext?.(context);
  const operations = Object.values(sdk).filter((v: any) => Array.isArray(v) && v[0] === 9) as any[];
  const errors = (Object.values(sdk) as any[]).filter((v) => Array.isArray(v) && v[0] === -3 && !v[1].startsWith("smithy.ts"));
  // Made-up values break length and pattern rules; those have a test of their own.
  const wire = await openWireService(`@aws-sdk/client-${name}`, { withoutConstraints: true });
  return { wire, speaks: speaks ?? wire.model.protocol, protocol: client.config.protocol, context, operations, errors };
}

type Both = Awaited<ReturnType<typeof openBoth>>;
const clientOperation = (raw: any) => ({ namespace: raw[1], name: raw[2], traits: raw[3], input: raw[4], output: raw[5] });
const isForm = (both: Both) => both.speaks.endsWith("Query");
const made = (both: Both, schema: NormalizedSchema) => {
  const value = schema.isUnitSchema() ? {} : make(schema);
  return isForm(both) ? (withoutEmpties(value) ?? {}) : value;
};

async function tryInput(both: Both, raw: any): Promise<void> {
  const input = made(both, NormalizedSchema.of(raw[4]));
  const request = await toWireRequest(await both.protocol.serializeRequest(clientOperation(raw), structuredClone(input), { ...both.context, __smithy_context: { service: "Service", operation: raw[2] } }));
  // Made up, it would be refused: S3 compares it with the body.
  if (both.wire.model.isS3 && input.ContentMD5) request.headers["content-md5"] = input.ContentMD5 = hash("md5", await request.body.bytes(1_000_000), "base64");
  // The published S3 paths carry no bucket: the client's endpoint rules, which this test goes around, put it there.
  if (both.wire.model.isS3 && input.Bucket) request.path = `/${input.Bucket}${request.path}`;
  const parsed = await both.wire.parse(request);
  for (const [name, value] of Object.entries(parsed.input)) if ((value as any)?.[Symbol.asyncIterator]) parsed.input[name] = await bytesOf(value);
  assert.equal(parsed.operation, raw[2]);
  assert.equal(parsed.protocol, both.speaks);
  assert.deepEqual(plain(parsed.input), plain(input));
}

async function tryOutput(both: Both, raw: any): Promise<void> {
  const schema = NormalizedSchema.of(raw[5]);
  const output = made(both, schema);
  const eventMember = schema.isUnitSchema() ? "" : schema.getEventStreamMember();
  const events: any[] = [];
  if (eventMember) {
    for (const [name, member] of schema.getMemberSchema(eventMember).structIterator() as Iterable<[string, NormalizedSchema]>) {
      if (!(member.getMergedTraits() as any).error) events.push({ [name]: make(member) });
    }
    output[eventMember] = (async function* () { yield* structuredClone(events); })();
  }
  const parsed = { protocol: both.speaks, operation: raw[2], input: {} };
  const written = await both.wire.write(parsed, eventMember ? output : structuredClone(output), "req-1");
  const bytes = await bytesOf(written.body);
  const isStream = !schema.isUnitSchema() && [...schema.structIterator()].some(([, member]: any) => member.isStreaming());
  const got: any = await both.protocol.deserializeResponse(clientOperation(raw), both.context, { statusCode: written.status, headers: { ...written.headers }, body: isStream ? Readable.from([bytes]) : bytes });
  for (const [k, v] of Object.entries(got)) if ((v as any)?.transformToByteArray) got[k] = await (v as any).transformToByteArray();
  if (!eventMember) return assert.deepEqual(plain(got), plain(output));
  const read: any[] = [];
  for await (const event of got[eventMember]) read.push(event);
  assert.deepEqual(plain(read), plain(events));
}

async function tryError(both: Both, shape: any): Promise<void> {
  const members = make(NormalizedSchema.of(shape));
  const rest = Object.fromEntries(Object.entries(members).filter(([k]) => !/^message$/i.test(k)));
  const request: WireRequest = { method: "POST", path: "/", query: "", headers: ASKS_IN[both.speaks], body: bytesBody(new Uint8Array()) };
  const written = await both.wire.writeError(request, new ServiceError(shape[2], "why", { members: rest }), "req-1");
  const response = { statusCode: written.status, headers: { ...written.headers }, body: await bytesOf(written.body) };
  const thrown = await both.protocol.deserializeResponse(clientOperation(both.operations[0]), { ...both.context, streamCollector: async (b: any) => b }, response).then(() => undefined, (e: any) => e);
  assert.equal(thrown?.name, shape[2]);
  assert.equal(thrown.message, "why");
  for (const key of Object.keys(members)) if (!/^(message|type|code)$/i.test(key)) assert.deepEqual(plain(thrown[key]), plain(members[key]), key);
}

for (const [name, speaks] of CASES) {
  test(`every operation, answer and error of ${name}${speaks ? ` in ${speaks}` : ""} survives the way between the real client and us`, async (t) => {
    const both = await openBoth(name, speaks);
    const failures: string[] = [];
    const attempt = async (label: string, work: () => Promise<void>) => work().catch((error: Error) => { failures.push(`${label}: ${error.message.slice(0, 400).replace(/\n/g, " ")}`); });
    for (const raw of both.operations) {
      await attempt(`in  ${raw[2]}`, () => tryInput(both, raw));
      await attempt(`out ${raw[2]}`, () => tryOutput(both, raw));
    }
    for (const shape of both.errors) await attempt(`err ${shape[2]}`, () => tryError(both, shape));
    t.diagnostic(`${both.speaks}: ${both.operations.length} operations, ${both.errors.length} errors`);
    const unexpected = failures.filter((line) => !AMBIGUOUS[name] || !line.startsWith(AMBIGUOUS[name]));
    assert.deepEqual(unexpected.slice(0, 20), []);
  });
}
