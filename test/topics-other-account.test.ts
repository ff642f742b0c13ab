// A topic in one account invokes a function in another, as AWS's tutorial sets it up, with permissions enforced:
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns-example.html
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { openEvidence } from "./support/evidence.ts";
import { openTestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const PUBLISHER = "000000000000";
const SUBSCRIBER = "111122223333";
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

test("a topic of one account invokes a function of another that lets it, and dead-letters for one that does not", async (t) => {
  const evidence = await openEvidence();
  const platform = await openTestPlatform({ iam: "enforce", credentials: `${PUBLISHER}:rootsecret,${SUBSCRIBER}:othersecret`, region: "eu-west-1" });
  const as = (accessKeyId: string, secretAccessKey: string) => ({ ...platform.clientConfig, credentials: { accessKeyId, secretAccessKey } });
  const theirs = as(SUBSCRIBER, "othersecret");
  const [publisher, subscriber, lambda, iam, sqs] = [new SNS(as(PUBLISHER, "rootsecret")), new SNS(theirs), new Lambda(theirs), new IAM(theirs), new SQS(theirs)];
  t.after(async () => {
    for (const client of [publisher, subscriber, lambda, iam, sqs]) client.destroy();
    evidence.close();
    await platform.close();
  });

  const Role = `arn:aws:iam::${SUBSCRIBER}:role/runner`;
  await iam.createRole({ RoleName: "runner", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  for (const FunctionName of ["invited", "uninvited"]) {
    const source = `${evidence.say}exports.handler = ({ Records: [{ EventSource, Sns }] }, context) => say("${FunctionName}", [EventSource, Sns.TopicArn, Sns.Message, context.invokedFunctionArn]);`;
    await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role, Timeout: 20, Code: { ZipFile: await zipOf({ "index.js": source }) } });
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName });
  }
  const functionArn = (name: string) => `arn:aws:lambda:eu-west-1:${SUBSCRIBER}:function:${name}`;
  const { TopicArn } = await publisher.createTopic({ Name: "news" });
  await assert.rejects(subscriber.subscribe({ TopicArn, Protocol: "lambda", Endpoint: functionArn("invited") }), { name: "AuthorizationErrorException" });
  await publisher.addPermission({ TopicArn, Label: "them", AWSAccountId: [SUBSCRIBER], ActionName: ["Subscribe", "ListSubscriptionsByTopic"] });
  await lambda.addPermission({ FunctionName: "invited", StatementId: "news", Action: "lambda:InvokeFunction", Principal: "sns.amazonaws.com", SourceArn: TopicArn!, SourceAccount: PUBLISHER });

  const deadArn = `arn:aws:sqs:eu-west-1:${SUBSCRIBER}:dead`;
  const Policy = document({ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: deadArn, Condition: { ArnEquals: { "aws:SourceArn": TopicArn } } });
  const { QueueUrl } = await sqs.createQueue({ QueueName: "dead", Attributes: { Policy } });
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn });
  for (const name of ["invited", "uninvited"]) {
    const { SubscriptionArn } = await subscriber.subscribe({ TopicArn, Protocol: "lambda", Endpoint: functionArn(name), Attributes: { RedrivePolicy } });
    assert.match(SubscriptionArn!, /^arn:/, "of their own function: nothing to confirm");
  }
  await assert.rejects(subscriber.publish({ TopicArn, Message: "ours?" }), { name: "AuthorizationErrorException" });

  await publisher.publish({ TopicArn, Message: "hello" });
  for (const end = Date.now() + 15_000; evidence.said("invited").length === 0 && Date.now() < end;) await sleep(20);
  assert.deepEqual(evidence.said("invited"), [["aws:sns", TopicArn, "hello", functionArn("invited")]]);
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10, MaxNumberOfMessages: 10 });
  assert.deepEqual(Messages.map(({ Body }) => JSON.parse(Body!).Message), ["hello"], "from the function whose policy names no topic");
  assert.deepEqual(evidence.said("uninvited"), []);
});
