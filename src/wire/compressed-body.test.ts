// Bodies that AWS's SDKs compress, and what else may call itself gzip.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bytesBody, type WireRequest } from "./http.ts";
import { openWireService } from "./wire.ts";

const wire = await openWireService("@aws-sdk/client-cloudwatch");
const text = JSON.stringify({ Namespace: "Shop", MetricData: [{ MetricName: "Orders", Value: 1 }] });
const form = "Action=PutMetricData&Version=2010-08-01&Namespace=Shop&MetricData.member.1.MetricName=Orders&MetricData.member.1.Value=1";
const request = (body: Uint8Array, headers: Record<string, string>, encoding = "gzip"): WireRequest => ({ method: "POST", path: "/", query: "", headers: { ...headers, "content-encoding": encoding }, body: bytesBody(body) });
const json = { "x-amz-target": "GraniteServiceVersion20100801.PutMetricData", "content-type": "application/x-amz-json-1.0" };

test("a compressed body is read as what it was before, in JSON and in a form", async () => {
  const parsed = await wire.parse(request(gzipSync(text), json));
  assert.deepEqual([parsed.operation, parsed.input["Namespace"]], ["PutMetricData", "Shop"]);
  assert.deepEqual((await wire.parse(request(gzipSync(form), { "content-type": "application/x-www-form-urlencoded" }, "GZIP"))).input, parsed.input);
});

test("a body that is no gzip, or half of one, is not read", async () => {
  for (const body of [Buffer.from(text), gzipSync(text).subarray(0, 30), new Uint8Array()]) await assert.rejects(wire.parse(request(body, json)), { code: "SerializationException" });
});

test("a small body that unpacks to more than the limit is refused as too large", async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, " "));
  assert.ok(bomb.byteLength < 100_000);
  await assert.rejects(wire.parse(request(bomb, json)), { code: "RequestEntityTooLargeException", message: "Request must be smaller than 16777216 bytes for the PutMetricData operation" });
});
