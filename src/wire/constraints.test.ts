// AWS's validation sentences, and whether the tables fit the clients.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ServiceError } from "../kernel/errors.ts";
import type { ConstraintTable } from "./constraint-rules.ts";
import { bytesBody, type WireRequest } from "./http.ts";
import { readServiceModel } from "./service-model.ts";
import type { Shape } from "./shape.ts";
import { openWireService } from "./wire.ts";

const request = (fields: Partial<WireRequest>, body = ""): WireRequest => ({ method: "POST", path: "/", query: "", headers: {}, ...fields, body: bytesBody(Buffer.from(body)) });

async function refusal(client: string, sent: WireRequest): Promise<{ code: string; message: string }> {
  const error = await (await openWireService(`@aws-sdk/client-${client}`)).parse(sent).then(() => assert.fail("it was accepted"), (thrown: unknown) => thrown);
  assert.ok(error instanceof ServiceError, String((error as Error).stack));
  return { code: error.code, message: error.message };
}

const createFunction = (input: object) => request({ path: "/2015-03-31/functions" }, JSON.stringify({ FunctionName: "f", Role: "arn:aws:iam::000000000000:role/r", Code: { ZipFile: "YQ==" }, ...input }));
const validation = (message: string) => ({ code: "ValidationException", message });

test("a missing member must not be null", async () => {
  assert.deepEqual(await refusal("lambda", createFunction({ Role: undefined })), validation("1 validation error detected: Value null at 'role' failed to satisfy constraint: Member must not be null"));
  assert.deepEqual(await refusal("lambda", createFunction({ Role: null, Code: null })), validation("2 validation errors detected: Value null at 'role' failed to satisfy constraint: Member must not be null; Value null at 'code' failed to satisfy constraint: Member must not be null"));
});

test("lengths, ranges, patterns and enums are refused in AWS's words", async () => {
  assert.match((await refusal("lambda", createFunction({ FunctionName: "a b" }))).message, /^1 validation error detected: Value 'a b' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: \(arn:/);
  assert.deepEqual(await refusal("lambda", createFunction({ Timeout: 0 })), validation("1 validation error detected: Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1"));
  assert.deepEqual(await refusal("lambda", createFunction({ Description: "x".repeat(257) })), validation(`1 validation error detected: Value '${"x".repeat(257)}' at 'description' failed to satisfy constraint: Member must have length less than or equal to 256`));
  assert.deepEqual(await refusal("lambda", createFunction({ PackageType: "zip" })), validation("1 validation error detected: Value 'zip' at 'packageType' failed to satisfy constraint: Member must satisfy enum value set: [Zip, Image]"));
  assert.deepEqual(await refusal("lambda", createFunction({ TracingConfig: { Mode: "On" } })), validation("1 validation error detected: Value 'On' at 'tracingConfig.mode' failed to satisfy constraint: Member must satisfy enum value set: [Active, PassThrough]"));
});

test("items of lists and keys of maps are refused on the list or map, sensitive values unshown", async () => {
  assert.deepEqual(await refusal("lambda", createFunction({ Architectures: ["arm"] })), validation("1 validation error detected: Value '[arm]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"));
  assert.deepEqual(await refusal("lambda", createFunction({ Environment: { Variables: { "1": "secret" } } })), validation("1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]"));
});

test("decimals and lists of values are printed as AWS prints them", async () => {
  const alias = (weight: number) => request({ path: "/2015-03-31/functions/f/aliases" }, JSON.stringify({ Name: "live", FunctionVersion: "1", RoutingConfig: { AdditionalVersionWeights: { 2: weight } } }));
  const refused = (shown: string) => validation(`1 validation error detected: Value '{2=${shown}}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]`);
  assert.deepEqual(await refusal("lambda", alias(2)), refused("2.0"));
  assert.deepEqual(await refusal("lambda", alias(-0.5)), refused("-0.5"));
  const recursion = request({ method: "PUT", path: "/2024-08-31/functions/f/recursion-config" }, JSON.stringify({ RecursiveLoop: "InvalidValue" }));
  assert.deepEqual(await refusal("lambda", recursion), validation("1 validation error detected: Value 'InvalidValue' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum value set: [Terminate, Allow]"));
  const url = request({ path: "/2021-10-31/functions/f/url" }, JSON.stringify({ AuthType: "NONE", InvokeMode: "UNKNOWN" }));
  assert.deepEqual(await refusal("lambda", url), validation("1 validation error detected: Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]"));
});

test("the service checks Runtime itself", async () => {
  const parsed = await (await openWireService("@aws-sdk/client-lambda")).parse(createFunction({ Runtime: "cobol" }));
  assert.equal(parsed.input["Runtime"], "cobol");
});

test("each service has its own code for the same sentence", async () => {
  const form = (body: string) => request({ headers: { "content-type": "application/x-www-form-urlencoded" } }, body);
  const json = (target: string, body: object, version = "1.1") => request({ headers: { "x-amz-target": target, "content-type": `application/x-amz-json-${version}` } }, JSON.stringify(body));
  const tooLong = (name: string, value: string, max: number) => `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must have length less than or equal to ${max}`;
  const role = "r".repeat(65);
  assert.deepEqual(await refusal("iam", form(`Action=GetRole&Version=2010-05-08&RoleName=${role}`)), { code: "ValidationError", message: tooLong("roleName", role, 64) });
  assert.deepEqual(await refusal("iam", form("Action=GetRole&Version=2010-05-08")), { code: "ValidationError", message: "1 validation error detected: Value null at 'roleName' failed to satisfy constraint: Member must not be null" });
  assert.equal((await refusal("sts", form("Action=AssumeRole&RoleArn=x&RoleSessionName=session"))).code, "ValidationError");
  assert.deepEqual(await refusal("cloudwatch-logs", json("Logs_20140328.CreateLogGroup", { logGroupName: "a*b" })), { code: "InvalidParameterException", message: "1 validation error detected: Value 'a*b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+" });
  assert.equal((await refusal("kinesis", json("Kinesis_20131202.DescribeStream", { StreamName: "" }))).code, "ValidationException");
  assert.deepEqual(await refusal("sqs", json("AmazonSQS.SendMessage", { QueueUrl: "u" }, "1.0")), { code: "MissingParameter", message: "The request must contain the parameter MessageBody." });
});

test("hostile input for the patterns is answered at once", async () => {
  const start = process.hrtime.bigint();
  for (const seed of ["a", "-", "a-", "arn:aws:lambda:", "0", ":", "a."]) await refusal("lambda", createFunction({ FunctionName: seed.repeat(9_000), Role: `${seed.repeat(9_000)}\0`, Handler: `${seed.repeat(120)} ` }));
  assert.ok(process.hrtime.bigint() - start < 3_000_000_000n);
});

const folder = join(import.meta.dirname, "constraints");
for (const file of readdirSync(folder)) {
  test(`every constraint of ${file} names an operation and members that are there`, async () => {
    const table: ConstraintTable = JSON.parse(readFileSync(join(folder, file), "utf8"));
    const model = await readServiceModel(`@aws-sdk/client-${file.replace(".json", "")}`);
    const missing: string[] = [];
    const visited = new Set<string>();
    const visit = (shape: Shape, name: string | undefined) => {
      if (name === undefined || visited.has(name)) return;
      visited.add(name);
      const constraint = table.shapes[name]!;
      for (const [member, target] of Object.entries(constraint.members ?? {})) {
        const found = shape.memberOf.get(member);
        if (found) visit(found.shape, target);
        else missing.push(`${name}.${member}`);
      }
      if (shape.value) visit(shape.value.shape, constraint.item ?? constraint.value);
    };
    const [used, unknown]: [string[], string[]] = [[], []];
    for (const [name, shape] of Object.entries(table.operations)) {
      const operation = model.operations.get(name);
      (operation ? used : unknown).push(name);
      if (operation) visit(operation.input, shape);
    }
    // The table may be a little newer than the client, or older; most must meet.
    assert.ok(unknown.length <= 15 && missing.length <= 15, `not in the client: ${[...unknown, ...missing].join(", ")}`);
    assert.ok(used.length > 5);
  });
}
