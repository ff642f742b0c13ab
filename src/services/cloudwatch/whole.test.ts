// Lambda's metrics end to end: a real function, its numbers by the real client, and the page for Prometheus.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CreateFunctionCommand, CreateFunctionUrlConfigCommand, InvokeCommand, PublishVersionCommand, PutFunctionConcurrencyCommand, waitUntilFunctionActiveV2, waitUntilPublishedVersionActive } from "@aws-sdk/client-lambda";
import { openTestPlatform } from "../../../test/support/platform.ts";
import { zipOf } from "../../../test/support/zip.ts";

const CODE = `exports.handler = async (event) => {
  console.log(JSON.stringify({ _aws: { CloudWatchMetrics: [{ Namespace: "Shop", Dimensions: [[]], Metrics: [{ Name: "Sold" }] }] }, Sold: 3 }));
  if (event.fail) throw new Error("asked to");
};`;

test("what a function does can be read as CloudWatch metrics, and by Prometheus", async () => {
  await using evoke = await openTestPlatform();
  await evoke.lambda.send(new CreateFunctionCommand({ FunctionName: "counted", Runtime: "nodejs22.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/r", Code: { ZipFile: await zipOf({ "index.js": CODE }) } }));
  await waitUntilFunctionActiveV2({ client: evoke.lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName: "counted" });
  for (const fail of [false, true]) await evoke.lambda.send(new InvokeCommand({ FunctionName: "counted", Payload: JSON.stringify({ fail }) }));

  const client = new CloudWatchClient(evoke.clientConfig);
  const stat = (Id: string, MetricName: string, Stat: string) => ({ Id, MetricStat: { Metric: { Namespace: "AWS/Lambda", MetricName, Dimensions: [{ Name: "FunctionName", Value: "counted" }] }, Period: 3600, Stat } });
  const ask = async () => {
    const { MetricDataResults } = await client.send(new GetMetricDataCommand({
      StartTime: new Date(Date.now() - 600_000), EndTime: new Date(Date.now() + 600_000),
      MetricDataQueries: [stat("invocations", "Invocations", "Sum"), stat("errors", "Errors", "Sum"), stat("p99", "Duration", "p99"), { Id: "sold", MetricStat: { Metric: { Namespace: "Shop", MetricName: "Sold" }, Period: 3600, Stat: "Sum" } }],
    }));
    return Object.fromEntries(MetricDataResults!.map(({ Id, Values }) => [Id!, Values!.reduce((sum, value) => sum + value, 0)]));
  };
  let seen = await ask();
  for (let tries = 0; tries < 100 && (seen["invocations"] !== 2 || seen["sold"] !== 6); tries++) {
    await new Promise((resolve) => { setTimeout(resolve, 50); }); // numbers follow the answer, they do not precede it
    seen = await ask();
  }
  assert.deepEqual({ ...seen, p99: seen["p99"]! > 0 }, { invocations: 2, errors: 1, p99: true, sold: 6 });

  const page = await (await fetch(`${evoke.url}/_evoke/metrics`)).text();
  assert.match(page, /^# TYPE evoke_lambda_invocations_total counter\nevoke_lambda_invocations_total\{account="000000000000",region="eu-west-1",function_name="counted"\} 2$/m);
  assert.match(page, /^evoke_lambda_duration_seconds_count\{.*function_name="counted"\} 2$/m);
  assert.match(page, /^evoke_environments\{state="idle"\} \d+$/m);

  await evoke.lambda.send(new PublishVersionCommand({ FunctionName: "counted" }));
  await waitUntilPublishedVersionActive({ client: evoke.lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName: "counted", Qualifier: "1" });
  for (const Qualifier of ["$LATEST", "1"]) await evoke.lambda.send(new InvokeCommand({ FunctionName: "counted", Qualifier, Payload: "{}" }));
  let text = "";
  for (let tries = 0; tries < 100 && !/invocations_total\{.*"counted"\} 4$/m.test(text); tries++) {
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    text = await (await fetch(`${evoke.url}/_evoke/metrics`)).text();
  }
  assert.match(text, /^evoke_lambda_invocations_total\{.*"counted"\} 4$/m);
  const series = text.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => /^([a-z0-9_]+(?:\{[^{}]*\})?) (-?[\d.e+-]+)$/.exec(line)?.[1] ?? assert.fail(line));
  assert.equal(new Set(series).size, series.length, "Prometheus refuses a page that has a series twice");
  client.destroy();
});

test("requests of function URLs, throttles and asynchronous events are counted, too", async () => {
  await using evoke = await openTestPlatform();
  const { lambda } = evoke;
  const FunctionName = "reached";
  await lambda.send(new CreateFunctionCommand({ FunctionName, Runtime: "nodejs22.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/r", Code: { ZipFile: await zipOf({ "index.js": CODE }) } }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName });
  const { FunctionUrl } = await lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE" }));
  assert.equal((await fetch(FunctionUrl!)).status, 200);
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }));
  assert.equal((await fetch(FunctionUrl!)).status, 429);
  await assert.rejects(lambda.send(new InvokeCommand({ FunctionName })), { name: "TooManyRequestsException" });
  await lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event" }));

  const client = new CloudWatchClient(evoke.clientConfig);
  const wanted = { UrlRequestCount: 2, Url4xxCount: 1, Url5xxCount: 0, Throttles: 2, AsyncEventsReceived: 1, AsyncEventsDropped: 1, Invocations: 1 };
  const ask = async () => {
    const { MetricDataResults } = await client.send(new GetMetricDataCommand({
      StartTime: new Date(Date.now() - 600_000), EndTime: new Date(Date.now() + 600_000),
      MetricDataQueries: [...Object.keys(wanted), "UrlRequestLatency"].map((MetricName) => ({ Id: `m${MetricName}`, MetricStat: { Metric: { Namespace: "AWS/Lambda", MetricName, Dimensions: [{ Name: "FunctionName", Value: FunctionName }] }, Period: 3600, Stat: "Sum" } })),
    }));
    return Object.fromEntries(MetricDataResults!.filter(({ Values }) => Values!.length > 0).map(({ Id, Values }) => [Id!.slice(1), Values!.reduce((sum, value) => sum + value, 0)]));
  };
  let seen: Record<string, number> = {};
  for (let tries = 0; tries < 100 && (seen["AsyncEventsDropped"] !== 1 || seen["Invocations"] !== 1); tries++) {
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    seen = await ask();
  }
  const { UrlRequestLatency, ...counted } = seen;
  assert.deepEqual(counted, wanted);
  assert.ok(UrlRequestLatency! > 0);
  client.destroy();
});
