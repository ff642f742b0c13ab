// The execution role of a function whose queue Lambda polls, where policies are enforced.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { openEvidence } from "./support/evidence.ts";
import { openTestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const QUEUE = "arn:aws:sqs:eu-west-1:000000000000:q";
const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource: QUEUE }] });

test("a mapping polls as long as its role may, says so when it may not, and goes on when it may again", async (t) => {
  const evidence = await openEvidence();
  const evoke = await openTestPlatform({ iam: "enforce" });
  const [iam, lambda, sqs] = [new IAM(evoke.clientConfig), new Lambda(evoke.clientConfig), new SQS(evoke.clientConfig)];
  t.after(async () => {
    for (const client of [iam, lambda, sqs]) client.destroy();
    evidence.close();
    await evoke.close();
  });
  const role = await iam.createRole({ RoleName: "worker", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] }) });
  const QueueUrl = (await sqs.createQueue({ QueueName: "q" })).QueueUrl!;
  await lambda.createFunction({ FunctionName: "worker", Runtime: "nodejs24.x", Handler: "index.handler", Role: role.Role!.Arn!, Timeout: 10, Code: { ZipFile: await zipOf({ "index.js": `${evidence.say}exports.handler = ({ Records }) => say("ran", Records[0].body);` }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: "worker" });
  await assert.rejects(lambda.createEventSourceMapping({ FunctionName: "worker", EventSourceArn: QUEUE }), { name: "InvalidParameterValueException", message: /does not have permissions to call ReceiveMessage on SQS/ });

  const until = async (holds: () => Promise<boolean> | boolean, what: string): Promise<void> => {
    for (const sinceMs = performance.now(); performance.now() - sinceMs < 30_000; await sleep(50)) if (await holds()) return;
    assert.fail(what);
  };
  const permit = () => iam.putRolePolicy({ RoleName: "worker", PolicyName: "poll", PolicyDocument });
  const reason = async () => (await lambda.getEventSourceMapping({ UUID })).StateTransitionReason;
  const send = (MessageBody: string) => sqs.sendMessage({ QueueUrl, MessageBody });
  await permit();
  const { UUID } = await lambda.createEventSourceMapping({ FunctionName: "worker", EventSourceArn: QUEUE });
  await send("first");
  await until(() => evidence.said("ran").length === 1, "the first ran");
  await iam.deleteRolePolicy({ RoleName: "worker", PolicyName: "poll" });
  await sleep(1_100); // a policy that was read is trusted for a second
  await send("second");
  await until(async () => (await reason()) === "The provided execution role does not have permissions to call ReceiveMessage on SQS", "it says so");
  await sleep(500);
  assert.deepEqual(evidence.said("ran"), ["first"]);
  await permit();
  await until(() => evidence.said("ran").length === 2, "the second ran");
  assert.equal(await reason(), "USER_INITIATED");
});
