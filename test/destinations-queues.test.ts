// Failed asynchronous events go to real queues, with the rights of the function's role and no others.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { openTestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

test("a failed event's record and dead letter reach queues once the role may send, and not before", async (t) => {
  const platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret`, region: "eu-west-1" });
  const config = { ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } };
  const [lambda, sqs, iam] = [new Lambda(config), new SQS(config), new IAM(config)];
  t.after(async () => {
    for (const client of [lambda, sqs, iam]) client.destroy();
    await platform.close();
  });
  const permit = (Resource: string[]) => iam.putRolePolicy({ RoleName: "runner", PolicyName: "send", PolicyDocument: document({ Effect: "Allow", Action: "sqs:SendMessage", Resource }) });
  const queue = async (QueueName: string) => ({ url: (await sqs.createQueue({ QueueName })).QueueUrl!, arn: `arn:aws:sqs:eu-west-1:${ACCOUNT}:${QueueName}` });
  const receive = async (QueueUrl: string, WaitTimeSeconds: number) => (await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds, MessageAttributeNames: ["All"] })).Messages?.[0];

  await iam.createRole({ RoleName: "runner", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  const [letters, records] = [await queue("letters"), await queue("records")];
  const ZipFile = await zipOf({ "index.js": "exports.handler = async () => { throw new RangeError('told to'); };" });
  const create = (FunctionName: string, more: object = {}) => lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: `arn:aws:iam::${ACCOUNT}:role/runner`, Timeout: 20, Code: { ZipFile }, ...more });
  const lettered = { DeadLetterConfig: { TargetArn: letters.arn } };
  const refused = { name: "InvalidParameterValueException", message: "The provided execution role does not have permissions to call SendMessage on SQS" };
  await assert.rejects(create("worker", lettered), refused);
  const { FunctionArn } = await create("worker");
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: "worker" });
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "worker", ...lettered }), refused);
  const destined = { FunctionName: "worker", MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: { Destination: records.arn } } };
  await permit([letters.arn]);
  await assert.rejects(lambda.putFunctionEventInvokeConfig(destined), { name: "InvalidParameterValueException", message: `The function's execution role does not have permissions to call SendMessage on ${records.arn}` });
  await permit([letters.arn, records.arn]);
  await lambda.updateFunctionConfiguration({ FunctionName: "worker", ...lettered });
  await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: "worker" });
  await lambda.putFunctionEventInvokeConfig(destined);
  await permit([letters.arn]);

  const { $metadata: { requestId } } = await lambda.invoke({ FunctionName: "worker", InvocationType: "Event", Payload: Buffer.from('{"n":1}') });
  const letter = await receive(letters.url, 20);
  assert.equal(letter?.Body, '{"n":1}');
  assert.deepEqual(Object.fromEntries(Object.entries(letter!.MessageAttributes!).map(([name, { StringValue }]) => [name, StringValue])), { RequestID: requestId, ErrorCode: "200", ErrorMessage: "told to" });
  await sleep(200);
  assert.equal(await receive(records.url, 0), undefined, "its role may not send there");

  await permit([letters.arn, records.arn]); // it is tried again with growing pauses
  const record = JSON.parse((await receive(records.url, 20))!.Body!);
  assert.deepEqual(
    [record.requestContext.requestId, record.requestContext.functionArn, record.requestContext.condition, record.requestContext.approximateInvokeCount, record.requestPayload, record.responseContext.functionError, record.responsePayload.errorType],
    [requestId, `${FunctionArn}:$LATEST`, "RetriesExhausted", 1, { n: 1 }, "Unhandled", "RangeError"],
  );
});
