// Event source mappings with the real client; texts and shapes as recorded from AWS where mapping-errors.ts says so. What polls is played by the test.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CreateEventSourceMappingCommandInput, Lambda, paginateListEventSourceMappings, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { memoryCode } from "../../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../../test/support/room.ts";
import { zipOf } from "../../../../test/support/zip.ts";
import type { Access, AccessQuestion } from "../../../ports/access.ts";
import type { EventSourceMappings } from "../../../ports/event-source-mappings.ts";
import type { QueueSource, StreamSource } from "../../../ports/sources.ts";
import { lambda as service } from "../service.ts";
import { openEventSourceMappings } from "./store.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:";
const queue = (name: string) => `arn:aws:sqs:eu-west-1:000000000000:${name}`;
const STREAM = "arn:aws:kinesis:eu-west-1:000000000000:stream/s";
const TABLE = "arn:aws:dynamodb:eu-west-1:000000000000:table/t/stream/2026-11-20T00:00:00.000";
const never = () => { throw new Error("nothing polls in this test"); };

const queues: QueueSource = {
  kind: "queue", service: "sqs", actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage"], filterable: never, toEvent: never, receive: never, wait: never, done: never, hide: never,
  describe: async (arn) => (arn.includes(":none") ? undefined : { ordered: arn.endsWith(".fifo"), hiddenSeconds: arn.includes(":short") ? 5 : 30 }),
};
const streams: StreamSource = {
  kind: "stream", service: "kinesis", actions: ["kinesis:GetRecords"], filterable: never, toEvent: never, start: never, read: never, wait: never, after: never, batchInfo: never,
  shards: async (arn) => (arn.endsWith("/none") ? undefined : [{ id: "shardId-000000000000", parents: [] }]),
};
const access: Access & { denied: Set<string>; asked: AccessQuestion[] } = {
  mode: "enforce", denied: new Set(), asked: [],
  async decide(question) {
    access.asked.push(question);
    return access.denied.has(question.action) ? { allowed: false, explicit: false, sentence: "", grant: "" } : { allowed: true };
  },
  check: async (question) => { access.asked.push(question); },
};

let room: OpenRoom;
let lambda: Lambda;
let mappings: EventSourceMappings;
before(async () => {
  room = await openRoom(service, {
    code: memoryCode(), access,
    sources: { find: (arn) => ({ sqs: queues, kinesis: streams, dynamodb: streams })[arn.split(":")[2]!] },
    targets: { serves: (arn) => !arn.includes(":sns:"), exists: async (arn) => !arn.includes(":none"), deliver: never, deliverAll: never },
  });
  lambda = new Lambda(room.clientConfig);
  mappings = openEventSourceMappings(room.ports);
  await create("f");
});
after(() => room.close());

async function create(FunctionName: string, more: { Timeout?: number; TenancyConfig?: { TenantIsolationMode: "PER_TENANT" } } = {}): Promise<void> {
  await lambda.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipOf({ "index.js": "" }) }, ...more });
  await waitUntilFunctionActiveV2({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 }, { FunctionName });
}
const wantedOf = async (uuid: string) => (await mappings.wanted()).find((work) => work.uuid === uuid);
const map = (input: Partial<CreateEventSourceMappingCommandInput>) => lambda.createEventSourceMapping({ FunctionName: "f", ...input });
const refused = (name: string, message: string) => (error: Error) => {
  assert.deepEqual([error.name, error.message], [name, message]);
  return true;
};
const invalid = (message: string) => refused("InvalidParameterValueException", message);
const missing = refused("ResourceNotFoundException", "The resource you requested does not exist.");

/** As delivery would: what is wanted runs, what ends has stopped. */
async function poll(): Promise<void> {
  for (const { uuid, revision } of await mappings.wanted()) await mappings.report(uuid, revision, { state: "running" });
  for (const { uuid, revision } of await mappings.ending()) await mappings.report(uuid, revision, { state: "stopped" });
}
const stateOf = async (UUID: string) => {
  const { State, StateTransitionReason, LastProcessingResult } = await lambda.getEventSourceMapping({ UUID });
  return [State, StateTransitionReason, LastProcessingResult];
};

test("a queue's mapping lives as AWS's does", async () => {
  const made = await map({ EventSourceArn: queue("lives") });
  assert.equal(made.$metadata.httpStatusCode, 202);
  const { $metadata: _, UUID, LastModified, ...rest } = made;
  assert.match(UUID!, /^[0-9a-f-]{36}$/);
  assert.ok(LastModified instanceof Date);
  assert.deepEqual(rest, {
    BatchSize: 10, MaximumBatchingWindowInSeconds: 0, EventSourceArn: queue("lives"), FunctionArn: `${ARN}function:f`, FunctionResponseTypes: [], State: "Creating",
    StateTransitionReason: "USER_INITIATED", EventSourceMappingArn: `${ARN}event-source-mapping:${UUID}`,
  });
  await assert.rejects(lambda.updateEventSourceMapping({ UUID, BatchSize: 1 }), refused("ResourceInUseException", "Cannot update the event source mapping because it is in use."));
  await assert.rejects(lambda.deleteEventSourceMapping({ UUID }), { name: "ResourceInUseException" });
  await poll();
  assert.deepEqual(await stateOf(UUID!), ["Enabled", "USER_INITIATED", undefined]);

  const updated = await lambda.updateEventSourceMapping({ UUID, BatchSize: 5, FunctionResponseTypes: ["ReportBatchItemFailures"] });
  assert.deepEqual([updated.$metadata.httpStatusCode, updated.State, updated.BatchSize, updated.FunctionResponseTypes], [202, "Updating", 5, ["ReportBatchItemFailures"]]);
  await poll();
  assert.equal((await lambda.updateEventSourceMapping({ UUID, Enabled: false })).State, "Disabling");
  assert.equal(await wantedOf(UUID!), undefined);
  assert.equal(await mappings.known(UUID!), true);
  await poll();
  assert.deepEqual(await stateOf(UUID!), ["Disabled", "USER_INITIATED", undefined]);
  assert.equal((await lambda.updateEventSourceMapping({ UUID, MaximumBatchingWindowInSeconds: 1, BatchSize: 15 })).State, "Updating");
  assert.deepEqual(await stateOf(UUID!), ["Disabled", "USER_INITIATED", undefined], "nobody polls, so there is nothing to wait for");
  assert.equal((await lambda.updateEventSourceMapping({ UUID, Enabled: true })).State, "Enabling");
  await poll();
  assert.deepEqual(await stateOf(UUID!), ["Enabled", "USER_INITIATED", undefined]);

  const deleted = await lambda.deleteEventSourceMapping({ UUID });
  assert.deepEqual([deleted.$metadata.httpStatusCode, deleted.State, deleted.BatchSize], [202, "Deleting", 15]);
  assert.deepEqual([await stateOf(UUID!), await mappings.known(UUID!)], [["Deleting", "USER_INITIATED", undefined], false]);
  await poll();
  await assert.rejects(lambda.getEventSourceMapping({ UUID }), missing);
});

test("a stream's mapping has a stream's defaults, and results", async () => {
  const made = await map({ EventSourceArn: STREAM, StartingPosition: "TRIM_HORIZON" });
  const { $metadata: _, UUID, LastModified: __, EventSourceMappingArn: ___, ...rest } = made;
  assert.deepEqual(rest, {
    StartingPosition: "TRIM_HORIZON", BatchSize: 100, MaximumBatchingWindowInSeconds: 0, ParallelizationFactor: 1, EventSourceArn: STREAM, FunctionArn: `${ARN}function:f`,
    LastProcessingResult: "No records processed", State: "Creating", StateTransitionReason: "User action", DestinationConfig: { OnFailure: {} }, MaximumRecordAgeInSeconds: -1,
    BisectBatchOnFunctionError: false, MaximumRetryAttempts: -1, TumblingWindowInSeconds: 0, FunctionResponseTypes: [],
  });
  await poll();
  const [work] = (await mappings.wanted()).filter(({ uuid }) => uuid === UUID);
  assert.deepEqual(work!.stream, { startingPosition: { type: "TRIM_HORIZON" }, parallelizationFactor: 1, retriesMax: -1, recordAgeSecondsMax: -1, bisects: false, tumblingWindowSeconds: 0 });
  await mappings.report(UUID!, work!.revision, { state: "processed", result: "OK" });
  assert.deepEqual(await stateOf(UUID!), ["Enabled", "User action", "OK"]);
  await mappings.report(UUID!, work!.revision, { state: "failing", reason: "Function does not exist" });
  assert.deepEqual(await stateOf(UUID!), ["Enabled", "User action", "PROBLEM: Function does not exist"]);
  const changed = await lambda.updateEventSourceMapping({ UUID, MaximumRetryAttempts: 3, MaximumRecordAgeInSeconds: 60, BisectBatchOnFunctionError: true, ParallelizationFactor: 2, TumblingWindowInSeconds: 30, DestinationConfig: { OnFailure: { Destination: queue("dead") } } });
  assert.deepEqual(changed.DestinationConfig, { OnFailure: { Destination: queue("dead") } });
  assert.deepEqual((await wantedOf(UUID!))!.stream, { startingPosition: { type: "TRIM_HORIZON" }, parallelizationFactor: 2, retriesMax: 3, recordAgeSecondsMax: 60, bisects: true, tumblingWindowSeconds: 30, onFailureArn: queue("dead") });
  await poll();
  assert.deepEqual((await lambda.updateEventSourceMapping({ UUID, DestinationConfig: { OnFailure: { Destination: "" } } })).DestinationConfig, { OnFailure: {} });

  const StartingPositionTimestamp = new Date(1_700_000_000_000);
  const dated = await map({ EventSourceArn: `${STREAM}2`, StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp });
  assert.deepEqual([dated.StartingPosition, dated.StartingPositionTimestamp], ["AT_TIMESTAMP", StartingPositionTimestamp]);
  assert.deepEqual((await wantedOf(dated.UUID!))!.stream!.startingPosition, { type: "AT_TIMESTAMP", timestampMs: StartingPositionTimestamp.getTime() });
});

test("the function is kept as it was named", async () => {
  const { Version } = await lambda.publishVersion({ FunctionName: "f" });
  await lambda.createAlias({ FunctionName: "f", Name: "live", FunctionVersion: Version });
  const forms: [string, string][] = [
    ["f", "f"], ["f:$LATEST", "f:$LATEST"], [`f:${Version}`, `f:${Version}`], ["f:live", "f:live"], ["000000000000:function:f:live", "f:live"], [`${ARN}function:f`, "f"], [`${ARN}function:f:${Version}`, `f:${Version}`],
  ];
  for (const [index, [FunctionName, shown]] of forms.entries()) assert.equal((await map({ FunctionName, EventSourceArn: queue(`named-${index}`), Enabled: false })).FunctionArn, `${ARN}function:${shown}`);
});

test("a mapping that is made disabled is Disabled at once, and nothing polls for it", async () => {
  const { UUID, State } = await map({ EventSourceArn: queue("disabled"), Enabled: false });
  assert.equal(State, "Disabled");
  assert.equal(await wantedOf(UUID!), undefined);
  assert.ok(!(await mappings.ending()).some(({ uuid }) => uuid === UUID));
});

test("a function and a source are connected once, until the mapping is gone", async () => {
  const { UUID } = await map({ EventSourceArn: queue("once") });
  const taken = refused("ResourceConflictException", `An event source mapping with SQS arn (" ${queue("once")} ") and function (" f ") already exists. Please update or delete the existing mapping with UUID ${UUID}`);
  await assert.rejects(map({ EventSourceArn: queue("once") }), taken);
  await assert.rejects(map({ EventSourceArn: queue("once"), FunctionName: `${ARN}function:f` }), taken);
  const stream = await map({ EventSourceArn: `${STREAM}-once`, StartingPosition: "LATEST", FunctionName: "f:live" });
  await assert.rejects(map({ EventSourceArn: `${STREAM}-once`, StartingPosition: "LATEST", FunctionName: "f:live" }), refused("ResourceConflictException", `The event source arn (" ${STREAM}-once ") and function (" f:live ") provided mapping already exists. Please update or delete the existing mapping with UUID ${stream.UUID}`));
  const other = await map({ EventSourceArn: queue("once"), FunctionName: "f:live" });
  await poll();
  await assert.rejects(lambda.updateEventSourceMapping({ UUID: other.UUID, FunctionName: "f" }), taken);
  assert.equal((await lambda.getEventSourceMapping({ UUID: other.UUID })).FunctionArn, `${ARN}function:f:live`);
  await lambda.deleteEventSourceMapping({ UUID });
  await assert.rejects(map({ EventSourceArn: queue("once") }), taken);
  await poll();
  assert.equal((await lambda.updateEventSourceMapping({ UUID: other.UUID, FunctionName: "f" })).FunctionArn, `${ARN}function:f`);
  await map({ EventSourceArn: queue("once"), FunctionName: "f:live" });
});

test("what is not there is said as AWS says it", async () => {
  const UUID = "00000000-0000-4000-8000-000000000000";
  await assert.rejects(lambda.getEventSourceMapping({ UUID }), missing);
  await assert.rejects(lambda.updateEventSourceMapping({ UUID, Enabled: false }), missing);
  await assert.rejects(lambda.deleteEventSourceMapping({ UUID }), missing);
  await assert.rejects(map({ FunctionName: "none" }), invalid("Unrecognized event source."));
  await assert.rejects(map({ EventSourceArn: "arn:aws:s3:::bucket" }), invalid("Unrecognized event source."));
  await assert.rejects(map({ FunctionName: "none", EventSourceArn: queue("q") }), invalid("Function does not exist"));
  await assert.rejects(map({ FunctionName: "f:none", EventSourceArn: queue("q") }), invalid("Function does not exist"));
  await assert.rejects(map({ EventSourceArn: queue("none") }), invalid("Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist."));
  await assert.rejects(map({ EventSourceArn: `${STREAM.slice(0, -1)}none`, StartingPosition: "LATEST" }), invalid(`Stream not found: ${STREAM.slice(0, -1)}none`));
  await assert.rejects(map({ EventSourceArn: queue("q").replace("eu-west-1", "us-east-1") }), invalid("The event source and the function must be in the same Region."));
  assert.deepEqual((await lambda.listEventSourceMappings({ FunctionName: "none" })).EventSourceMappings, []);
  assert.deepEqual((await lambda.listEventSourceMappings({ EventSourceArn: queue("none") })).EventSourceMappings, []);
});

test("a queue must hide its messages for as long as the function may run", async () => {
  await create("slow", { Timeout: 60 });
  await assert.rejects(map({ FunctionName: "slow", EventSourceArn: queue("q") }), invalid("Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"));
  const { UUID } = await map({ EventSourceArn: queue("short") });
  await poll();
  await assert.rejects(lambda.updateEventSourceMapping({ UUID, FunctionName: "slow" }), invalid("Queue visibility timeout: 5 seconds is less than Function timeout: 60 seconds"));
});

test("parameters that do not fit the source, or each other, are refused", async () => {
  const unsupported = (name: string) => invalid(`Unsupported ${name} parameter for given event source mapping type.`);
  const EventSourceArn = queue("q");
  await assert.rejects(map({ EventSourceArn, FunctionName: "none", DestinationConfig: { OnSuccess: { Destination: queue("o") } } }), unsupported("DestinationConfig"));
  await assert.rejects(map({ EventSourceArn, DestinationConfig: { OnFailure: { Destination: queue("o") } } }), unsupported("DestinationConfig"));
  await assert.rejects(map({ EventSourceArn, StartingPosition: "LATEST" }), unsupported("'startingPosition'"));
  await assert.rejects(map({ EventSourceArn, ParallelizationFactor: 2 }), unsupported("'parallelizationFactor'"));
  await assert.rejects(map({ EventSourceArn, MaximumRetryAttempts: 2 }), unsupported("'maximumRetryAttempts'"));
  await assert.rejects(map({ EventSourceArn, Topics: ["topic"] }), unsupported("'topics'"));
  await assert.rejects(map({ EventSourceArn, LoggingConfig: { SystemLogLevel: "INFO" } }), unsupported("'loggingConfig'"));
  await assert.rejects(map({ EventSourceArn: STREAM, StartingPosition: "LATEST", ScalingConfig: { MaximumConcurrency: 2 } }), unsupported("'scalingConfig'"));
  await assert.rejects(map({ EventSourceArn: STREAM }), invalid("1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."));
  await assert.rejects(map({ EventSourceArn: TABLE, StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: new Date(0) }), invalid(`Unsupported starting position for arn type: ${TABLE}`));
  await assert.rejects(map({ EventSourceArn: TABLE, StartingPosition: "AT_TIMESTAMP" }), invalid(`Unsupported starting position for arn type: ${TABLE}`));
  await assert.rejects(map({ EventSourceArn: STREAM, StartingPosition: "AT_TIMESTAMP" }), { message: /^StartingPositionTimestamp is required/ });
  await assert.rejects(map({ EventSourceArn: STREAM, StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp: new Date("2999-01-01") }), { message: /must not be in the future/ });
  await assert.rejects(map({ EventSourceArn: STREAM, StartingPosition: "LATEST", MaximumRecordAgeInSeconds: 59 }), { message: /-1, or 60 to 604800/ });
  const windowNeeded = invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  await assert.rejects(map({ EventSourceArn, BatchSize: 11 }), windowNeeded);
  await assert.rejects(map({ EventSourceArn: queue("q.fifo"), BatchSize: 11 }), { message: /less than or equal to 10/ });
  await assert.rejects(map({ EventSourceArn: queue("q.fifo"), MaximumBatchingWindowInSeconds: 5 }), invalid("Batching window is not supported for FIFO queues"));
  await assert.rejects(map({ EventSourceArn, ScalingConfig: { MaximumConcurrency: 2 }, ProvisionedPollerConfig: { MinimumPollers: 2 } }), { message: /mutually exclusive/ });
  await assert.rejects(map({ EventSourceArn, ProvisionedPollerConfig: { MinimumPollers: 1 } }), { message: /MinimumPollers is 2 to 200/ });
  await assert.rejects(map({ EventSourceArn, ProvisionedPollerConfig: { MinimumPollers: 20, MaximumPollers: 10 } }), { message: /MinimumPollers is 2 to 200/ });
  await assert.rejects(map({ EventSourceArn, MetricsConfig: { Metrics: ["KafkaMetrics"] } }), { message: /only EventCount/ });
  const { UUID } = await map({ EventSourceArn });
  await poll();
  await assert.rejects(lambda.updateEventSourceMapping({ UUID, BatchSize: 11 }), windowNeeded);
  await assert.rejects(lambda.updateEventSourceMapping({ UUID, TumblingWindowInSeconds: 30 }), unsupported("'tumblingWindowInSeconds'"));
});

test("sources that AWS polls and nothing here does are refused by name", async () => {
  for (const [EventSourceArn, name] of [["arn:aws:kafka:eu-west-1:000000000000:cluster/c/u-2", "Amazon MSK"], ["arn:aws:mq:eu-west-1:000000000000:broker:b:b-1", "Amazon MQ"], ["arn:aws:rds:eu-west-1:000000000000:cluster:d", "Amazon DocumentDB"]] as const) {
    await assert.rejects(map({ EventSourceArn }), invalid(`Evoke does not support ${name} as an event source yet.`));
  }
  const SelfManagedEventSource = { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["kafka:9092"] } };
  await assert.rejects(map({ SelfManagedEventSource, Topics: ["topic"] }), invalid("Required 'sourceAccessConfigurations' parameter is missing."));
  await assert.rejects(map({ SelfManagedEventSource, Topics: ["topic"], SourceAccessConfigurations: [{ Type: "BASIC_AUTH", URI: "arn:aws:secretsmanager:eu-west-1:000000000000:secret:s" }] }), { message: /self-managed Kafka/ });
  await assert.rejects(map({ EventSourceArn: STREAM, StartingPosition: "LATEST", DestinationConfig: { OnFailure: { Destination: "arn:aws:sns:eu-west-1:000000000000:t" } } }), { message: /destinations in SNS/ });
});

test("discarded batches go to a bucket that is there, and that the role may write and list", async () => {
  const to = (bucket: string) => map({ EventSourceArn: `${STREAM}-to-${bucket}`, StartingPosition: "LATEST", DestinationConfig: { OnFailure: { Destination: `arn:aws:s3:::${bucket}` } } });
  await assert.rejects(to("none"), invalid("The destination ARN arn:aws:s3:::none is invalid."));
  for (const action of ["PutObject", "ListBucket"]) {
    access.denied.add(`s3:${action}`);
    await assert.rejects(to("failed"), invalid(`The provided execution role does not have permissions to call ${action} on S3`));
    access.denied.delete(`s3:${action}`);
  }
  access.asked.length = 0;
  const { UUID, DestinationConfig } = await to("failed");
  assert.deepEqual(DestinationConfig, { OnFailure: { Destination: "arn:aws:s3:::failed" } });
  assert.deepEqual(access.asked.filter(({ action }) => action.startsWith("s3:")).map(({ action, resource }) => `${action} ${resource}`), ["s3:PutObject arn:aws:s3:::failed/*", "s3:ListBucket arn:aws:s3:::failed"]);
  await poll();
  access.denied.add("s3:PutObject");
  await assert.rejects(lambda.updateEventSourceMapping({ UUID, DestinationConfig: { OnFailure: { Destination: "arn:aws:s3:::other" } } }), invalid("The provided execution role does not have permissions to call PutObject on S3"));
  access.denied.clear();
});

test("filters are patterns, and can be taken away", async () => {
  const pattern = (Pattern: string) => ({ Filters: [{ Pattern }] });
  for (const bad of ["null", '"simple string"', '{"eventSource":"aws:sqs"}', '{"eventSource":[]}', "[]", "", "no json", '{"body":[{"wildcard":"*"}]}']) {
    await assert.rejects(map({ EventSourceArn: queue("filtered"), FilterCriteria: pattern(bad) }), invalid("Invalid filter pattern definition."), bad);
  }
  await assert.rejects(map({ EventSourceArn: `${STREAM}-filtered`, StartingPosition: "LATEST", FilterCriteria: pattern('{"data":["plain"]}') }), invalid("Invalid filter pattern definition."));
  await map({ EventSourceArn: `${STREAM}-filtered`, StartingPosition: "LATEST", FilterCriteria: pattern('{"data":{"kind":["order"]},"partitionKey":["1"]}') });
  await assert.rejects(map({ EventSourceArn: queue("filtered"), FilterCriteria: { Filters: Array.from({ length: 11 }, () => ({ Pattern: '{"a":[1]}' })) } }), { message: /at most 10 filters/ });
  const FilterCriteria = pattern('{"body":{"kind":["order"]}}');
  const made = await map({ EventSourceArn: queue("filtered"), FilterCriteria });
  assert.deepEqual(made.FilterCriteria, FilterCriteria);
  assert.deepEqual((await wantedOf(made.UUID!))!.filters, ['{"body":{"kind":["order"]}}']);
  await poll();
  assert.equal((await lambda.updateEventSourceMapping({ UUID: made.UUID, FilterCriteria: {} })).FilterCriteria, undefined);
  assert.equal((await map({ EventSourceArn: queue("unfiltered"), FilterCriteria: { Filters: [] } })).FilterCriteria, undefined);

  const KMSKeyArn = "arn:aws:kms:eu-west-1:000000000000:key/00000000-0000-4000-8000-000000000000";
  await assert.rejects(map({ EventSourceArn: queue("encrypted"), FilterCriteria, KMSKeyArn }), { name: "InvalidParameterValueException", message: /does not support KMSKeyArn/ });
  assert.equal((await map({ EventSourceArn: queue("unencrypted"), KMSKeyArn: "" })).KMSKeyArn, undefined);
});

test("scaling, pollers and metrics are kept, told to delivery, and taken away with an empty form", async () => {
  const made = await map({ EventSourceArn: queue("scaled"), ScalingConfig: { MaximumConcurrency: 2 }, MetricsConfig: { Metrics: ["EventCount"] }, BatchSize: 100, MaximumBatchingWindowInSeconds: 3, FunctionResponseTypes: ["ReportBatchItemFailures"] });
  const { revision: _, uuid: UUID, ...work } = (await wantedOf(made.UUID!))!;
  assert.deepEqual(work, {
    account: "000000000000", region: "eu-west-1", consumerArn: `${ARN}function:f`, sourceArn: queue("scaled"), batchSize: 100, windowSeconds: 3, filters: [], reportBatchItemFailures: true, countsEvents: true, maximumConcurrency: 2,
  });
  await poll();
  const none = await lambda.updateEventSourceMapping({ UUID, ScalingConfig: {}, MetricsConfig: { Metrics: [] }, ProvisionedPollerConfig: { MinimumPollers: 3 } });
  assert.deepEqual([none.ScalingConfig, none.MetricsConfig, none.ProvisionedPollerConfig], [undefined, undefined, { MinimumPollers: 3, MaximumPollers: 200 }]);
  assert.deepEqual((await wantedOf(UUID))!.provisionedPollers, { minimum: 3, maximum: 200 });
  await poll();
  assert.equal((await lambda.updateEventSourceMapping({ UUID, ProvisionedPollerConfig: {} })).ProvisionedPollerConfig, undefined);
});

test("the function's role must be permitted to read the source", async () => {
  access.asked.length = 0;
  access.denied.add("sqs:DeleteMessage");
  await assert.rejects(map({ EventSourceArn: queue("denied") }), invalid("The provided execution role does not have permissions to call DeleteMessage on SQS"));
  assert.deepEqual(access.asked.at(-1), { actor: { roleArn: "arn:aws:iam::000000000000:role/r" }, action: "sqs:DeleteMessage", resource: queue("denied") });
  access.mode = "audit";
  await map({ EventSourceArn: queue("denied") });
  access.mode = "off";
  const foreign = queue("denied").replace("000000000000", "111122223333");
  await assert.rejects(map({ EventSourceArn: foreign }), invalid("The provided execution role does not have permissions to call DeleteMessage on SQS"), "another account's, whatever the mode");
  await map({ EventSourceArn: queue("denied-2") });
  access.mode = "enforce";
  access.denied.clear();
});

test("a mapping stays when its function goes, and can be disabled and deleted", async () => {
  await create("gone");
  const { UUID } = await map({ FunctionName: "gone", EventSourceArn: queue("orphan") });
  await poll();
  await lambda.deleteFunction({ FunctionName: "gone" });
  const work = (await wantedOf(UUID!))!;
  await mappings.report(UUID!, work.revision, { state: "failing", reason: "Function does not exist" });
  assert.deepEqual(await stateOf(UUID!), ["Enabled", "Function does not exist", undefined]);
  await assert.rejects(lambda.updateEventSourceMapping({ UUID, FunctionName: "gone" }), invalid("Function does not exist"));
  await create("gone");
  await mappings.report(UUID!, work.revision, { state: "running" });
  assert.deepEqual(await stateOf(UUID!), ["Enabled", "USER_INITIATED", undefined], "it is back, and so is the mapping");
  await lambda.deleteFunction({ FunctionName: "gone" });
  await lambda.updateEventSourceMapping({ UUID, Enabled: false });
  await poll();
  await assert.rejects(lambda.updateEventSourceMapping({ UUID, Enabled: true }), invalid("Function does not exist"));
  await lambda.deleteEventSourceMapping({ UUID });
});

test("functions with tenant isolation are no targets", async () => {
  await create("tenants", { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } });
  await assert.rejects(map({ FunctionName: "tenants", EventSourceArn: queue("q") }), { message: /tenant isolation/ });
});

test("what is said of an older revision is not heard", async () => {
  const { UUID } = await map({ EventSourceArn: queue("revised") });
  const before = (await wantedOf(UUID!))!;
  await poll();
  await lambda.updateEventSourceMapping({ UUID, BatchSize: 2 });
  await mappings.report(UUID!, before.revision, { state: "running" });
  assert.equal((await stateOf(UUID!))[0], "Updating");
  await mappings.report(UUID!, before.revision, { state: "failing", reason: "old" });
  assert.deepEqual(await stateOf(UUID!), ["Updating", "USER_INITIATED", undefined]);
  await poll();
  assert.equal((await stateOf(UUID!))[0], "Enabled");
});

test("delivery hears of every change, in another process too, and of nothing else", async () => {
  const other = openEventSourceMappings(room.ports);
  const signal = new AbortController();
  await other.changed(signal.signal); // there were changes before
  let heard = 0;
  const listen = async () => { for (; !signal.signal.aborted; heard++) await other.changed(signal.signal); };
  const listening = listen();
  const { UUID } = await map({ EventSourceArn: queue("heard") });
  await until(() => heard >= 1);
  await poll();
  await new Promise((resolve) => setImmediate(resolve));
  const quiet = heard;
  await lambda.updateEventSourceMapping({ UUID, BatchSize: 3 });
  await until(() => heard > quiet);
  signal.abort();
  await listening;
});

async function until(holds: () => boolean): Promise<void> {
  for (let left = 500; !holds() && left > 0; left--) await new Promise((resolve) => setTimeout(resolve, 2));
  assert.ok(holds());
}

test("lists are by function and source, page by page", async () => {
  for (const name of ["a", "b", "c"]) await map({ EventSourceArn: queue(`list-${name}`), FunctionName: "f:live" });
  const all = (await lambda.listEventSourceMappings({})).EventSourceMappings!;
  const live = (await lambda.listEventSourceMappings({ FunctionName: "f:live" })).EventSourceMappings!;
  assert.ok(live.length >= 3 && live.length < all.length && live.every(({ FunctionArn }) => FunctionArn === `${ARN}function:f:live`));
  assert.deepEqual((await lambda.listEventSourceMappings({ FunctionName: "f:live", EventSourceArn: queue("list-b") })).EventSourceMappings!.map(({ EventSourceArn }) => EventSourceArn), [queue("list-b")]);
  const paged: unknown[] = [];
  for await (const page of paginateListEventSourceMappings({ client: lambda, pageSize: 2 }, { FunctionName: "f:live" })) {
    assert.ok(page.EventSourceMappings!.length <= 2);
    paged.push(...page.EventSourceMappings!);
  }
  assert.deepEqual(paged, live);
  await assert.rejects(lambda.listEventSourceMappings({ Marker: "x" }), { name: "InvalidParameterValueException" });
});

test("mappings have tags", async () => {
  const { EventSourceMappingArn: Resource, UUID } = await map({ EventSourceArn: queue("tagged"), Tags: { team: "a" } });
  await lambda.tagResource({ Resource, Tags: { stage: "x" } });
  await lambda.untagResource({ Resource, TagKeys: ["team"] });
  assert.deepEqual((await lambda.listTags({ Resource })).Tags, { stage: "x" });
  assert.deepEqual(await service.resourceTags!(room.ports)(Resource!, { action: "lambda:GetEventSourceMapping" }), { stage: "x" });
  assert.deepEqual(await service.standing!(room.ports)("lambda:GetEventSourceMapping", Resource!), { "lambda:FunctionArn": `${ARN}function:f` });
  const none = Resource!.replace(UUID!, "00000000-0000-4000-8000-000000000000");
  await assert.rejects(lambda.listTags({ Resource: none }), refused("ResourceNotFoundException", `Event source mapping not found: ${none}`));
});
