// Finding the service of a request that carries no credential scope.
import assert from "node:assert/strict";
import { test } from "node:test";
import { regionByHost, serviceByHost, serviceByPath, serviceByTarget } from "./service-rules.ts";

test("host names of AWS's form name their service and region", () => {
  const expected: Record<string, [string | undefined, string | undefined]> = {
    "lambda.us-east-1.amazonaws.com": ["lambda", "us-east-1"], "lambda.localhost:4566": ["lambda", undefined], "bucket.s3.localhost": ["s3", undefined],
    "my.dotted.bucket.s3.eu-central-1.amazonaws.com:443": ["s3", "eu-central-1"], "s3-us-west-2.amazonaws.com": ["s3", undefined], "iam.amazonaws.com": ["iam", undefined],
    "streams.dynamodb.us-gov-west-1.amazonaws.com": ["dynamodb", "us-gov-west-1"], "logs.cn-north-1.amazonaws.com.cn": ["logs", "cn-north-1"],
    "localhost:4566": [undefined, undefined], "127.0.0.1": [undefined, undefined], "lambda.example.com": [undefined, undefined],
  };
  for (const [host, [service, region]] of Object.entries(expected)) assert.deepEqual([serviceByHost(host), regionByHost(host)], [service, region], host);
});

test("targets and versioned paths name their service", () => {
  assert.equal(serviceByTarget("Logs_20140328.PutLogEvents"), "logs");
  for (const nothing of ["", ".", "Nope.X", "constructor.x", "Logs_20140328"]) assert.equal(typeof serviceByTarget(nothing) === "string", false, nothing);
  assert.equal(serviceByPath("/2015-03-31/functions/f/invocations"), "lambda");
  assert.equal(serviceByPath("/2021-11-15/functions/f/response-streaming-invocations"), "lambda");
  assert.equal(serviceByPath("/service/Logs_20140328/operation/DescribeLogGroups"), "logs");
  assert.equal(serviceByPath("/"), undefined);
});
