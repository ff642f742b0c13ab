// Configuring asynchronous invocation with the real client, and what delivery reads of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lambda, type PutFunctionEventInvokeConfigCommandInput, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { memoryCode } from "../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import type { Targets } from "../../ports/targets.ts";
import { openDirectory } from "./directory.ts";
import { lambda as service } from "./service.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:";
const QUEUE = "arn:aws:sqs:eu-west-1:000000000000:there";
const FunctionName = "demo";
/** A machine that serves SQS, with one queue. */
const targets: Targets = { serves: (arn) => arn.startsWith("arn:aws:sqs:"), exists: async (arn) => arn === QUEUE, deliver: async () => undefined, deliverAll: async () => undefined };
const zip = await zipOf({ "index.js": "" });
let room: OpenRoom;
let lambda: Lambda;

const create = async (name: string, more = {}) => {
  await lambda.createFunction({ FunctionName: name, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip }, ...more });
  await waitUntilFunctionActiveV2({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 }, { FunctionName: name });
};

before(async () => {
  room = await openRoom(service, { code: memoryCode(), targets });
  lambda = new Lambda(room.clientConfig);
  await create(FunctionName);
  await create("other");
  await lambda.publishVersion({ FunctionName });
  await lambda.createAlias({ FunctionName, Name: "live", FunctionVersion: "1" });
});
after(() => room.close());

const put = (given: Partial<PutFunctionEventInvokeConfigCommandInput>) => lambda.putFunctionEventInvokeConfig({ FunctionName, ...given });
const resolve = async (qualifier = "") => (await openDirectory(room.ports).resolve(`${ARN}demo${qualifier}`))!.async;
const NONE = { OnSuccess: {}, OnFailure: {} };

test("putting replaces everything, updating changes what is given", async () => {
  const { $metadata: _metadata, LastModified, ...first } = await put({ MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 });
  assert.ok(Math.abs(LastModified!.getTime() - Date.now()) < 60_000);
  assert.deepEqual(first, { FunctionArn: `${ARN}demo:$LATEST`, MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60, DestinationConfig: NONE });
  const updated = await lambda.updateFunctionEventInvokeConfig({ FunctionName, MaximumRetryAttempts: 0 });
  assert.deepEqual([updated.MaximumRetryAttempts, updated.MaximumEventAgeInSeconds], [0, 60]);
  const replaced = await put({ DestinationConfig: { OnFailure: { Destination: QUEUE } } });
  assert.deepEqual([replaced.MaximumRetryAttempts, replaced.MaximumEventAgeInSeconds, replaced.DestinationConfig], [undefined, undefined, { OnSuccess: {}, OnFailure: { Destination: QUEUE } }]);
  const both = await lambda.updateFunctionEventInvokeConfig({ FunctionName, DestinationConfig: { OnSuccess: { Destination: `${ARN}other` } } });
  assert.deepEqual(both.DestinationConfig, { OnSuccess: { Destination: `${ARN}other` }, OnFailure: { Destination: QUEUE } });
  const { $metadata: _got, ...read } = await lambda.getFunctionEventInvokeConfig({ FunctionName });
  assert.deepEqual(read.DestinationConfig, both.DestinationConfig);
  assert.deepEqual((await lambda.updateFunctionEventInvokeConfig({ FunctionName, DestinationConfig: { OnSuccess: {}, OnFailure: {} } })).DestinationConfig, NONE);
});

test("each version and alias has its own, delivery reads it, and AWS's defaults where there is none", async () => {
  await put({ MaximumRetryAttempts: 0 });
  assert.equal((await put({ Qualifier: "1", MaximumRetryAttempts: 1 })).FunctionArn, `${ARN}demo:1`);
  assert.equal((await put({ FunctionName: `${ARN}demo:live`, MaximumEventAgeInSeconds: 120, DestinationConfig: { OnFailure: { Destination: QUEUE } } })).FunctionArn, `${ARN}demo:live`);
  assert.deepEqual(await resolve(), { retriesMax: 0, ageSecondsMax: 21_600 });
  assert.deepEqual(await resolve(":1"), { retriesMax: 1, ageSecondsMax: 21_600 });
  assert.deepEqual(await resolve(":live"), { retriesMax: 2, ageSecondsMax: 120, onFailureArn: QUEUE });
  const listed = (await lambda.listFunctionEventInvokeConfigs({ FunctionName })).FunctionEventInvokeConfigs!;
  assert.deepEqual(listed.map((config) => config.FunctionArn), [`${ARN}demo:$LATEST`, `${ARN}demo:1`, `${ARN}demo:live`]);
  const page = await lambda.listFunctionEventInvokeConfigs({ FunctionName, MaxItems: 2 });
  assert.deepEqual((await lambda.listFunctionEventInvokeConfigs({ FunctionName, Marker: page.NextMarker })).FunctionEventInvokeConfigs!.map((config) => config.FunctionArn), [`${ARN}demo:live`]);
  for (const Qualifier of [undefined, "1", "live"]) assert.equal((await lambda.deleteFunctionEventInvokeConfig({ FunctionName, Qualifier })).$metadata.httpStatusCode, 204);
  assert.deepEqual((await lambda.listFunctionEventInvokeConfigs({ FunctionName })).FunctionEventInvokeConfigs, []);
  assert.deepEqual(await resolve(":live"), { retriesMax: 2, ageSecondsMax: 21_600 });
});

test("it goes with its alias", async () => {
  await lambda.createAlias({ FunctionName, Name: "short", FunctionVersion: "1" });
  await put({ Qualifier: "short", MaximumRetryAttempts: 0 });
  await lambda.deleteAlias({ FunctionName, Name: "short" });
  await assert.rejects(lambda.getFunctionEventInvokeConfig({ FunctionName, Qualifier: "short" }), { name: "ResourceNotFoundException", message: `The function ${ARN}demo:short doesn't have an EventInvokeConfig` });
});

test("what is not there, or says nothing, is refused in AWS's words", async () => {
  const missing = (name: string) => ({ name: "ResourceNotFoundException", message: `The function ${ARN}${name} doesn't have an EventInvokeConfig` });
  const nobody = { name: "ResourceNotFoundException", message: "The function doesn't exist." };
  await assert.rejects(put({ FunctionName: "nobody", MaximumRetryAttempts: 1 }), nobody);
  await assert.rejects(put({ Qualifier: "noalias", MaximumRetryAttempts: 1 }), nobody);
  await assert.rejects(lambda.updateFunctionEventInvokeConfig({ FunctionName: "nobody", MaximumRetryAttempts: 1 }), nobody);
  await assert.rejects(lambda.listFunctionEventInvokeConfigs({ FunctionName: "nobody" }), nobody);
  await assert.rejects(lambda.updateFunctionEventInvokeConfig({ FunctionName, Qualifier: "live", MaximumRetryAttempts: 1 }), missing("demo:live"));
  await assert.rejects(lambda.getFunctionEventInvokeConfig({ FunctionName: "nobody" }), missing("nobody:$LATEST"));
  await assert.rejects(lambda.getFunctionEventInvokeConfig({ FunctionName, Qualifier: "1221" }), missing("demo:1221"));
  await assert.rejects(lambda.deleteFunctionEventInvokeConfig({ FunctionName }), missing("demo:$LATEST"));
  await assert.rejects(put({}), { name: "InvalidParameterValueException", message: "You must specify at least one of error handling or destination setting." });
  await assert.rejects(put({ FunctionName: "demo:live", Qualifier: "1", MaximumRetryAttempts: 1 }), /derived qualifier from the function name does not match/);
});

test("a destination must be of a kind that AWS delivers to, exist, and be of a service that is here", async () => {
  const refused = (DestinationConfig: object, message: string) => assert.rejects(put({ DestinationConfig }), { name: "InvalidParameterValueException", message });
  await refused({ OnSuccess: { Destination: `${ARN}nobody` } }, `The destination ARN ${ARN}nobody is invalid.`);
  await refused({ OnSuccess: { Destination: `${ARN}other:7` } }, `The destination ARN ${ARN}other:7 is invalid.`);
  await refused({ OnFailure: { Destination: `${ARN}demo` } }, "You can't specify the function as a destination for itself.");
  await refused({ OnFailure: { Destination: `${QUEUE}-not` } }, `The destination ARN ${QUEUE}-not is invalid.`);
  const wrong = "arn:aws:iam:eu-west-1:000000000000:function:demo";
  await refused({ OnSuccess: { Destination: wrong } }, `The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=${wrong}), onFailure=null) is invalid.`);
  await refused({ OnSuccess: { Destination: "arn:aws:s3:::bucket" } }, "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::bucket), onFailure=null) is invalid.");
  await refused({ OnFailure: { Destination: "arn:aws:sns:eu-west-1:000000000000:t" } }, "Evoke does not support destinations in SNS yet.");
  await refused({ OnFailure: { Destination: "arn:aws:s3:::bucket" } }, "Evoke does not support destinations in S3 yet.");
  await assert.rejects(put({ DestinationConfig: { OnFailure: { Destination: "arn:aws:_-/!lambda:x" } } }), { name: "ValidationException" });
});

test("a durable function takes no destination, since it has none, but the other settings", async () => {
  await create("lasting", { DurableConfig: { ExecutionTimeout: 60 } });
  const DestinationConfig = { OnFailure: { Destination: QUEUE } };
  const refused = { name: "InvalidParameterValueException", message: "Destinations are not supported for durable functions. Use a dead-letter queue instead." };
  await assert.rejects(put({ FunctionName: "lasting", MaximumRetryAttempts: 0, DestinationConfig }), refused);
  await assert.rejects(lambda.getFunctionEventInvokeConfig({ FunctionName: "lasting" }), { name: "ResourceNotFoundException" });
  await put({ FunctionName: "lasting", MaximumEventAgeInSeconds: 60, DestinationConfig: NONE });
  await assert.rejects(lambda.updateFunctionEventInvokeConfig({ FunctionName: "lasting", DestinationConfig }), refused);
});

test("a dead-letter queue is kept with the version that was published with it, and delivery reads it", async () => {
  await create("lettered", { DeadLetterConfig: { TargetArn: QUEUE } });
  assert.deepEqual((await lambda.getFunctionConfiguration({ FunctionName: "lettered" })).DeadLetterConfig, { TargetArn: QUEUE });
  await lambda.publishVersion({ FunctionName: "lettered" });
  await lambda.updateFunctionConfiguration({ FunctionName: "lettered", DeadLetterConfig: { TargetArn: "" } });
  const directory = openDirectory(room.ports);
  assert.equal((await directory.resolve(`${ARN}lettered`))!.deadLetterArn, undefined);
  assert.equal((await directory.resolve(`${ARN}lettered:1`))!.deadLetterArn, QUEUE);
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName, DeadLetterConfig: { TargetArn: `${ARN}other` } }), { name: "InvalidParameterValueException" });
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName, DeadLetterConfig: { TargetArn: `${QUEUE}-not` } }), { name: "InvalidParameterValueException" });
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName, DeadLetterConfig: { TargetArn: "arn:aws:sns:eu-west-1:000000000000:t" } }), { message: "Evoke does not support dead-letter targets in SNS yet." });
});
