// Pipes as a client sees them: what is kept, what is refused, lists and tags. That they work is in test/pipes.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CreatePipeCommandInput, type CreatePipeCommandOutput, Pipes } from "@aws-sdk/client-pipes";
import { virtualClock } from "../../kernel/clock.ts";
import type { QueueSource, StreamSource } from "../../ports/sources.ts";
import { openRoom } from "../../../test/support/room.ts";
import { refusal } from "../../../test/support/refusal.ts";
import { readServiceModel } from "../../wire/service-model.ts";
import { pipes as service } from "./service.ts";
import { openPipes } from "./store.ts";

const ARN = "arn:aws:pipes:eu-west-1:000000000000:pipe/";
const arnOf = (kind: string, resource: string): string => `arn:aws:${kind}:eu-west-1:000000000000:${resource}`;
const [SOURCE, TARGET, ROLE] = [arnOf("sqs", "from"), arnOf("sqs", "to"), "arn:aws:iam::000000000000:role/pipe"];
const STREAM = arnOf("kinesis", "stream/s");
const FUNCTION = arnOf("lambda", "function:f");
const DESTINATION = arnOf("events", "api-destination/d/11111111-1111-4111-8111-111111111111");

async function using(work: (t: { pipes: Pipes; create(Name: string, more?: Partial<CreatePipeCommandInput>): Promise<CreatePipeCommandOutput>; delivery: ReturnType<typeof openPipes> }) => Promise<void>): Promise<void> {
  const clock = virtualClock();
  const room = await openRoom(service, {
    clock,
    sources: { find: async (arn) => ({ sqs: { kind: "queue", service: "sqs" } as QueueSource, kinesis: { kind: "stream", service: "kinesis" } as StreamSource })[arn.split(":")[2]!] as QueueSource },
    targets: { serves: (arn) => !arn.includes(":kinesis:"), exists: async (arn) => !arn.includes("nowhere"), deliver: async () => undefined, deliverAll: async () => undefined },
  });
  const pipes = new Pipes(room.clientConfig);
  try {
    await work({ pipes, delivery: openPipes(room.ports), create: (Name, more = {}) => pipes.createPipe({ Name, Source: SOURCE, Target: TARGET, RoleArn: ROLE, ...more }) });
  } finally {
    pipes.destroy();
    await room.close();
  }
}

test("the room carries the name its clients sign with", async () => {
  assert.equal((await readServiceModel(service.client)).signingName, service.name);
});

test("a pipe is shown as AWS shows it, with the defaults of its source", () => using(async ({ pipes, create }) => {
  const made = await create("p", { Description: "d", Tags: { team: "a" } });
  assert.deepEqual([made.Arn, made.CurrentState, made.DesiredState], [`${ARN}p`, "CREATING", "RUNNING"]);
  const { $metadata: _, CreationTime, LastModifiedTime, ...shown } = await pipes.describePipe({ Name: "p" });
  assert.equal(CreationTime?.getTime(), LastModifiedTime?.getTime());
  assert.deepEqual(shown, {
    Arn: `${ARN}p`, Name: "p", Description: "d", CurrentState: "CREATING", DesiredState: "RUNNING", Source: SOURCE, Target: TARGET, RoleArn: ROLE, Tags: { team: "a" },
    SourceParameters: { SqsQueueParameters: { BatchSize: 10 } }, EnrichmentParameters: {}, TargetParameters: {},
  });
  await create("stream", { Source: STREAM, Target: FUNCTION, SourceParameters: { KinesisStreamParameters: { StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: new Date(5000), OnPartialBatchItemFailure: "AUTOMATIC_BISECT" } } });
  assert.deepEqual((await pipes.describePipe({ Name: "stream" })).SourceParameters!.KinesisStreamParameters, {
    BatchSize: 100, StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: new Date(5000), OnPartialBatchItemFailure: "AUTOMATIC_BISECT", MaximumRecordAgeInSeconds: -1, MaximumRetryAttempts: -1, ParallelizationFactor: 1,
  });
}));

test("delivery is told of a pipe as of a mapping, and its word changes the state", () => using(async ({ pipes, create, delivery }) => {
  await create("p", { SourceParameters: { FilterCriteria: { Filters: [{ Pattern: '{"body":["x"]}' }] }, SqsQueueParameters: { BatchSize: 5, MaximumBatchingWindowInSeconds: 3 } } });
  const [mapping] = await delivery.wanted();
  assert.deepEqual({ ...mapping, uuid: "", revision: "" }, {
    uuid: "", revision: "", account: "000000000000", region: "eu-west-1", consumerArn: `${ARN}p`, sourceArn: SOURCE, filters: ['{"body":["x"]}'], batchSize: 5, windowSeconds: 3, reportBatchItemFailures: false, countsEvents: false,
  });
  const state = async () => { const { CurrentState, StateReason } = await pipes.describePipe({ Name: "p" }); return [CurrentState, StateReason]; };
  const { uuid, revision } = mapping!;
  await delivery.report(uuid, "another", { state: "running" });
  assert.deepEqual(await state(), ["CREATING", undefined]);
  await delivery.report(uuid, revision, { state: "running" });
  assert.deepEqual(await state(), ["RUNNING", "USER_INITIATED"]);
  await delivery.report(uuid, revision, { state: "failing", reason: "why" });
  assert.deepEqual(await state(), ["RUNNING", "Input parameter is invalid from the request due to : why"]);
  await pipes.stopPipe({ Name: "p" });
  assert.deepEqual(await delivery.wanted(), []);
  await assert.rejects(pipes.startPipe({ Name: "p" }), refusal("ConflictException", "Pipe p is in state STOPPING and cannot be changed."));
  await delivery.report(uuid, (await delivery.ending())[0]!.revision, { state: "stopped" });
  assert.equal((await state())[0], "STOPPED");
  await pipes.startPipe({ Name: "p" });
  await delivery.report(uuid, (await delivery.wanted())[0]!.revision, { state: "failing", reason: "why" });
  assert.equal((await state())[0], "START_FAILED");
  await pipes.deletePipe({ Name: "p" });
  assert.equal(await delivery.known(uuid), false);
  await delivery.report(uuid, (await delivery.ending())[0]!.revision, { state: "stopped" });
  await assert.rejects(pipes.describePipe({ Name: "p" }), refusal("NotFoundException", "Pipe p does not exist."));
}));

test("a pipe that is to be stopped is never polled", () => using(async ({ pipes, create, delivery }) => {
  await create("p", { DesiredState: "STOPPED" });
  assert.deepEqual(await delivery.wanted(), []);
  const [{ uuid, revision } = { uuid: "", revision: "" }] = await delivery.ending();
  await delivery.report(uuid, revision, { state: "stopped" });
  await pipes.updatePipe({ Name: "p", RoleArn: ROLE, Description: "changed" });
  assert.deepEqual([await delivery.wanted(), (await pipes.describePipe({ Name: "p" })).CurrentState], [[], "UPDATING"]);
}));

test("an update changes what it says: parameters of a service as a whole, and empty texts take away", () => using(async ({ pipes, create, delivery }) => {
  await create("p", { Source: STREAM, Target: FUNCTION, Enrichment: FUNCTION, EnrichmentParameters: { InputTemplate: "a" }, TargetParameters: { InputTemplate: "b", LambdaFunctionParameters: { InvocationType: "FIRE_AND_FORGET" } }, SourceParameters: { KinesisStreamParameters: { StartingPosition: "LATEST", BatchSize: 7, MaximumRetryAttempts: 3 }, FilterCriteria: { Filters: [{ Pattern: '{"data":["x"]}' }] } } });
  const settle = async () => { const [{ uuid, revision } = { uuid: "", revision: "" }] = await delivery.wanted(); await delivery.report(uuid, revision, { state: "running" }); };
  await settle();
  await pipes.updatePipe({ Name: "p", RoleArn: ROLE, EnrichmentParameters: { InputTemplate: "" }, SourceParameters: { KinesisStreamParameters: { BatchSize: 9 }, FilterCriteria: { Filters: [] } } });
  let shown = await pipes.describePipe({ Name: "p" });
  assert.deepEqual(shown.SourceParameters, { KinesisStreamParameters: { StartingPosition: "LATEST", BatchSize: 9, MaximumRecordAgeInSeconds: -1, MaximumRetryAttempts: -1, ParallelizationFactor: 1 } });
  assert.deepEqual([shown.EnrichmentParameters, shown.TargetParameters, shown.Enrichment], [{}, { InputTemplate: "b", LambdaFunctionParameters: { InvocationType: "FIRE_AND_FORGET" } }, FUNCTION]);
  await settle();
  await pipes.updatePipe({ Name: "p", RoleArn: ROLE, Enrichment: "", Target: TARGET });
  shown = await pipes.describePipe({ Name: "p" });
  assert.deepEqual([shown.Enrichment, shown.Target, shown.TargetParameters, shown.StateReason], [undefined, TARGET, { InputTemplate: "b" }, undefined]);
}));

test("what does not fit is refused by its name, and nothing is kept of it", () => using(async ({ pipes, create }) => {
  const wrong = (Name: string, Message: string) => refusal("ValidationException", JSON.stringify({ ValidationErrorFields: [{ Name, Message }] }));
  const kinesis = { KinesisStreamParameters: { StartingPosition: "LATEST" as const } };
  // The first two are reported by users of AWS, see errors.ts.
  await assert.rejects(create("p", { Source: STREAM }), wrong("SourceParameters.KinesisStreamParameters", "Missing required parameter."));
  await assert.rejects(create("p", { Target: FUNCTION, TargetParameters: { CloudWatchLogsParameters: {} } }), wrong("CloudWatchLogsParameters", "Invalid target parameter provided for target."));
  await assert.rejects(create("p", { SourceParameters: kinesis }), wrong("SourceParameters.KinesisStreamParameters", "Invalid source parameter provided for source."));
  await assert.rejects(create("p", { SourceParameters: { FilterCriteria: { Filters: [{ Pattern: "{" }] } } }), /FilterCriteria\.Filters\[0\]\.Pattern/);
  await assert.rejects(create("p", { SourceParameters: { SqsQueueParameters: { BatchSize: 11 } } }), /BatchSize can be at most 10 for the target/);
  await assert.rejects(create("p", { Target: FUNCTION, SourceParameters: { SqsQueueParameters: { BatchSize: 11 } } }), /MaximumBatchingWindowInSeconds must be at least 1/);
  await assert.rejects(create("p", { Target: DESTINATION, SourceParameters: { SqsQueueParameters: { BatchSize: 2 } } }), /BatchSize can be at most 1/);
  await assert.rejects(create("p", { Enrichment: FUNCTION, EnrichmentParameters: { HttpParameters: {} } }), wrong("HttpParameters", "Invalid target parameter provided for target."));
  await assert.rejects(create("p", { Source: arnOf("s3", "bucket") }), /is not the ARN of a source of pipes/);
  await assert.rejects(create("p", { Target: arnOf("dynamodb", "table/t") }), /is not the ARN of a target of pipes/);
  await assert.rejects(create("p", { Target: arnOf("sqs", "to.fifo") }), wrong("TargetParameters.SqsQueueParameters.MessageGroupId", "Missing required parameter."));
  await assert.rejects(create("p", { Target: arnOf("sns", "topic.fifo") }), /is not the ARN of a target of pipes/);
  await assert.rejects(create("p", { Target: TARGET.replace("eu-west-1", "us-east-1") }), /account and region of the pipe/);
  await assert.rejects(create("p", { LogConfiguration: { Level: "INFO", CloudwatchLogsLogDestination: { LogGroupArn: "arn:aws:logs:eu-west-1:111111111111:log-group:theirs" } } }), /LogGroupArn.*account and region of the pipe/);
  await assert.rejects(create("p", { Source: STREAM, SourceParameters: { KinesisStreamParameters: { StartingPosition: "LATEST", DeadLetterConfig: { Arn: arnOf("sqs", "nowhere") } } } }), /dead-letter target/);
  await assert.rejects(create("p", { LogConfiguration: { Level: "ERROR", CloudwatchLogsLogDestination: { LogGroupArn: arnOf("logs", "log-group:nowhere") } } }), /does not exist/);
  await assert.rejects(create("p", { LogConfiguration: { Level: "ERROR" } }), wrong("LogConfiguration.CloudwatchLogsLogDestination", "Missing required parameter."));
  await assert.rejects(create("bad name"), /^ValidationException: 1 validation error detected: Value 'bad name' at 'name'/);
  await assert.rejects(pipes.listPipes({ NextToken: "x" }), /Invalid token/);
  assert.deepEqual((await pipes.listPipes({})).Pipes, []);
}));

test("what AWS has and Evoke does not is refused by name", () => using(async ({ create }) => {
  const unsupported = (what: string) => refusal("ValidationException", `Evoke does not support ${what} yet.`);
  await assert.rejects(create("p", { KmsKeyIdentifier: "key" }), unsupported("KmsKeyIdentifier"));
  await assert.rejects(create("p", { Source: "smk://host:9092" }), unsupported("self-managed Kafka as a source of pipes"));
  await assert.rejects(create("p", { Source: arnOf("kafka", "cluster/c/1") }), unsupported("Amazon MSK as a source of pipes"));
  await assert.rejects(create("p", { Source: arnOf("mq", "broker:b:1") }), unsupported("Amazon MQ as a source of pipes"));
  await assert.rejects(create("p", { Source: arnOf("dynamodb", "table/t/stream/1"), SourceParameters: { DynamoDBStreamParameters: { StartingPosition: "LATEST" } } }), unsupported("DynamoDB as a source of pipes"));
  await assert.rejects(create("p", { Target: arnOf("states", "stateMachine:m") }), unsupported("Step Functions as a target of pipes"));
  await assert.rejects(create("p", { Target: arnOf("kinesis", "stream/s"), TargetParameters: { KinesisStreamParameters: { PartitionKey: "k" } } }), unsupported("Kinesis as a target of pipes"));
  await assert.rejects(create("p", { Enrichment: arnOf("states", "stateMachine:m") }), unsupported("Step Functions as an enrichment of pipes"));
  await assert.rejects(create("p", { Enrichment: arnOf("execute-api", "api/stage/GET/x") }), unsupported("API Gateway as an enrichment of pipes"));
  await assert.rejects(create("p", { Target: arnOf("events", "event-bus/b"), TargetParameters: { EventBridgeEventBusParameters: { EndpointId: "abcde.veo" } } }), unsupported("EndpointId of EventBridgeEventBusParameters"));
  await assert.rejects(create("p", { LogConfiguration: { Level: "ERROR", S3LogDestination: { BucketName: "bucket", BucketOwner: "000000000000" } } }), unsupported("S3LogDestination of LogConfiguration"));
  await assert.rejects(create("p", { LogConfiguration: { Level: "ERROR", FirehoseLogDestination: { DeliveryStreamArn: arnOf("firehose", "deliverystream/s") } } }), unsupported("FirehoseLogDestination of LogConfiguration"));
}));

test("a name is there once; pipes are listed by what is asked, page by page", () => using(async ({ pipes, create }) => {
  for (const name of ["a1", "a2", "b1", "b2", "b3"]) await create(name, name.startsWith("b") ? { Target: FUNCTION, DesiredState: "STOPPED" } : {});
  await assert.rejects(create("a1"), refusal("ConflictException", "Pipe a1 already exists."));
  const names = async (more = {}) => (await pipes.listPipes(more)).Pipes!.map(({ Name }) => Name);
  assert.deepEqual(await names(), ["a1", "a2", "b1", "b2", "b3"]);
  assert.deepEqual(await names({ NamePrefix: "b" }), ["b1", "b2", "b3"]);
  assert.deepEqual(await names({ TargetPrefix: arnOf("lambda", ""), DesiredState: "STOPPED", CurrentState: "CREATING" }), ["b1", "b2", "b3"]);
  assert.deepEqual(await names({ SourcePrefix: "arn:aws:kinesis" }), []);
  const first = await pipes.listPipes({ Limit: 2, NamePrefix: "b" });
  assert.deepEqual([first.Pipes!.map(({ Name }) => Name), await names({ Limit: 2, NamePrefix: "b", NextToken: first.NextToken })], [["b1", "b2"], ["b3"]]);
}));

test("pipes have tags", () => using(async ({ pipes, create }) => {
  const { Arn: resourceArn } = await create("p", { Tags: { a: "1" } });
  await pipes.tagResource({ resourceArn: resourceArn!, tags: { b: "2" } });
  await pipes.untagResource({ resourceArn: resourceArn!, tagKeys: ["a"] });
  assert.deepEqual((await pipes.listTagsForResource({ resourceArn: resourceArn! })).tags, { b: "2" });
  await assert.rejects(pipes.listTagsForResource({ resourceArn: `${ARN}none` }), refusal("NotFoundException", "Pipe none does not exist."));
  await assert.rejects(pipes.tagResource({ resourceArn: resourceArn!, tags: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, "v"])) }), /A pipe can have 50 tags/);
}));
