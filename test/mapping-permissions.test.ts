// Event source mappings where policies are enforced: what the function's role needs, and whose mapping a caller may touch.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html (lambda:FunctionArn)
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:";
const queue = (name: string) => `arn:aws:sqs:eu-west-1:000000000000:${name}`;
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const denied = { name: /^AccessDenied/ };

let platform: TestPlatform;
let root: { lambda: Lambda; iam: IAM; sqs: SQS };

before(async () => {
  platform = await openTestPlatform({ iam: "enforce" });
  root = { lambda: new Lambda(platform.clientConfig), iam: new IAM(platform.clientConfig), sqs: new SQS(platform.clientConfig) };
  await root.iam.createRole({ RoleName: "r", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  const ZipFile = await zipOf({ "index.js": "exports.handler = async () => 1" });
  for (const FunctionName of ["f", "g"]) {
    await root.lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/r", Code: { ZipFile } });
    await waitUntilFunctionActiveV2({ client: root.lambda, minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 10 }, { FunctionName });
    await root.sqs.createQueue({ QueueName: FunctionName });
  }
});
after(() => platform.close());

async function userWith(...statements: object[]): Promise<Lambda> {
  const UserName = `user${(await root.iam.listUsers({})).Users!.length}`;
  await root.iam.createUser({ UserName });
  await root.iam.putUserPolicy({ UserName, PolicyName: "p", PolicyDocument: document(...statements) });
  const { AccessKey } = await root.iam.createAccessKey({ UserName });
  return new Lambda({ ...platform.clientConfig, credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! } });
}

async function settled(UUID: string, State: string): Promise<void> {
  for (let left = 200; left > 0; left--) {
    if ((await root.lambda.getEventSourceMapping({ UUID })).State === State) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`${UUID} did not become ${State}`);
}

test("a mapping is made only once the function's role may read the queue", async () => {
  const made = () => root.lambda.createEventSourceMapping({ FunctionName: "g", EventSourceArn: queue("g") });
  const needs = (action: string) => ({ name: "InvalidParameterValueException", message: `The provided execution role does not have permissions to call ${action} on SQS` });
  await assert.rejects(made(), needs("ReceiveMessage"));
  await root.iam.putRolePolicy({ RoleName: "r", PolicyName: "some", PolicyDocument: document({ Effect: "Allow", Action: "sqs:ReceiveMessage", Resource: queue("*") }) });
  await assert.rejects(made(), needs("DeleteMessage"));
  await root.iam.attachRolePolicy({ RoleName: "r", PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole" });
  await settled((await made()).UUID!, "Enabled");
});

test("who may touch the mappings of one function touches no other's, and moves none to or from it", async () => {
  const onlyF = { Condition: { ArnLike: { "lambda:FunctionArn": [`${ARN}function:f`, `${ARN}function:f:*`] } } };
  const ann = await userWith({ Effect: "Allow", Action: ["lambda:CreateEventSourceMapping", "lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping", "lambda:DeleteEventSourceMapping"], Resource: "*", ...onlyF });
  const [other] = (await root.lambda.listEventSourceMappings({ FunctionName: "g" })).EventSourceMappings!;
  const { UUID } = other!;
  await assert.rejects(ann.getEventSourceMapping({ UUID }), denied);
  await assert.rejects(ann.updateEventSourceMapping({ UUID, Enabled: false }), denied);
  await assert.rejects(ann.updateEventSourceMapping({ UUID, FunctionName: "f" }), denied, "its events would be ann's");
  await assert.rejects(ann.deleteEventSourceMapping({ UUID }), denied);
  await assert.rejects(ann.createEventSourceMapping({ FunctionName: "g", EventSourceArn: queue("f") }), denied);
  await assert.rejects(ann.createEventSourceMapping({ FunctionName: "f", EventSourceArn: queue("f"), Tags: { a: "b" } }), denied, "nor may she tag");

  const own = await ann.createEventSourceMapping({ FunctionName: `${ARN}function:f`, EventSourceArn: queue("f") });
  await settled(own.UUID!, "Enabled");
  assert.equal((await ann.getEventSourceMapping({ UUID: own.UUID })).UUID, own.UUID);
  await assert.rejects(ann.updateEventSourceMapping({ UUID: own.UUID, FunctionName: "g" }), denied, "g would get events that it does not expect");
  await ann.updateEventSourceMapping({ UUID: own.UUID, Enabled: false });
  await settled(own.UUID!, "Disabled");
  await ann.deleteEventSourceMapping({ UUID: own.UUID });
});

test("a mapping's tags decide, where a policy asks about them", async () => {
  const ben = await userWith({ Effect: "Allow", Action: "lambda:GetEventSourceMapping", Resource: "*", Condition: { StringEquals: { "aws:ResourceTag/team": "b" } } });
  const [{ UUID, EventSourceMappingArn }] = (await root.lambda.listEventSourceMappings({ FunctionName: "g" })).EventSourceMappings! as [{ UUID: string; EventSourceMappingArn: string }];
  await assert.rejects(ben.getEventSourceMapping({ UUID }), denied);
  await root.lambda.tagResource({ Resource: EventSourceMappingArn, Tags: { team: "b" } });
  assert.equal((await ben.getEventSourceMapping({ UUID })).UUID, UUID);
});
