// What a caller of GetObject gets of a function that is late, and what is left of it: by a clock that is driven.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../../../kernel/call.ts";
import { virtualClock } from "../../../kernel/clock.ts";
import { seededIds } from "../../../kernel/ids.ts";
import type { RoomPorts } from "../../service.ts";
import { openObjectLambda } from "./object-lambda.ts";
import type { AccessPoint, ObjectLambdaPoint } from "./point.ts";
import { THROUGH } from "./through.ts";

const ACCOUNT = "000000000000";
const common = { account: ACCOUNT, region: "eu-west-1", createdMs: 0 };
const point: AccessPoint = { kind: "standard", name: "plain", alias: "plain-x-s3alias", bucket: "originals", bucketAccount: ACCOUNT, publicAccessBlock: {}, ...common };
const objectLambda: ObjectLambdaPoint = {
  kind: "object-lambda", name: "late", alias: "late-x--ol-s3", ...common,
  configuration: { SupportingAccessPoint: "arn:aws:s3:eu-west-1:000000000000:accesspoint/plain", TransformationConfigurations: [{ Actions: ["GetObject"], ContentTransformation: { AwsLambda: { FunctionArn: "arn:aws:lambda:eu-west-1:000000000000:function:f" } } }] },
};
const principal = { arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT, userId: ACCOUNT, accessKeyId: "test", verified: false };

function room() {
  const clock = virtualClock();
  const events: any[] = [];
  const ports = {
    clock, ids: seededIds(1), endpointUrl: () => "http://127.0.0.1:4566",
    access: { mode: "off", decide: async () => ({ allowed: true }), check: async () => undefined },
    identity: { findKey: async () => undefined },
    events: { invoke: ({ payload }: { payload: Uint8Array }) => { events.push(JSON.parse(Buffer.from(payload).toString())); return new Promise(() => {}); } },
  } as unknown as RoomPorts;
  const operations = openObjectLambda(ports).over({}) as Record<string, (input: object, call: Call) => Promise<any>>;
  const call = { account: ACCOUNT, region: "eu-west-1", requestId: "r", principal, request: { method: "GET", path: "/k", query: "", headers: {} } } as unknown as Call;
  const asked = operations["GetObject"]!({ Bucket: "originals", Key: "k", [THROUGH]: { point, objectLambda } }, call);
  const token = async () => {
    while (events.length === 0) await new Promise(setImmediate);
    return events[0].getObjectContext.outputToken as string;
  };
  const write = async (input: object, headers: object = {}) => operations["WriteGetObjectResponse"]!({ RequestToken: await token(), ...input }, { ...call, request: { ...call.request!, headers: headers as never } });
  return { clock, asked, token, write };
}

test("after sixty seconds a function has not answered, and its answer is not taken any more", async () => {
  const { clock, asked, token, write } = room();
  await token();
  await clock.advance(59_999);
  const early = await Promise.race([asked.then(() => "answered", () => "refused"), new Promise((resolve) => setImmediate(() => resolve("waiting")))]);
  assert.equal(early, "waiting");
  await clock.advance(1);
  await assert.rejects(asked, { code: "LambdaTimeout", status: 500 });
  await assert.rejects(write({ Body: undefined }), { code: "ValidationError", status: 400 });
});

test("an answer that stops in the middle is broken off after sixty seconds, for caller and function", async () => {
  const { clock, asked, write } = room();
  async function* halfway() {
    yield Buffer.from("half");
    await new Promise(() => {});
  }
  const written = write({ Body: halfway() }, { "transfer-encoding": "chunked" });
  const refused = assert.rejects(written, { code: "ValidationError" });
  const { Body } = await asked;
  const iterator = Body[Symbol.asyncIterator]();
  assert.equal(Buffer.from((await iterator.next()).value).toString(), "half");
  const next = assert.rejects(iterator.next(), /broke off/);
  await clock.advance(60_000);
  await next;
  await refused;
});

test("a caller who leaves lets the function go", async () => {
  const { asked, write } = room();
  async function* endless() {
    for (;;) yield Buffer.from("more");
  }
  const written = assert.rejects(write({ Body: endless() }, { "transfer-encoding": "chunked" }), { code: "ValidationError" });
  const { Body } = await asked;
  const iterator = Body[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.return();
  await written;
});
