// Defaults, limits and refusals of a function's settings.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type CreateFunctionRequest, Runtime } from "@aws-sdk/client-lambda";
import { MANAGED_RUNTIMES } from "../../engine/interpreters.ts";
import { readServiceModel } from "../../wire/service-model.ts";
import { changedSettings, newSettings } from "./settings.ts";
import { refuseUnsupported } from "./unsupported.ts";

const REQUEST: CreateFunctionRequest = { FunctionName: "demo", Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: {} };

test("a function has AWS's defaults", () => {
  assert.deepEqual(newSettings(REQUEST, "demo"), {
    runtime: "nodejs24.x", handler: "index.handler", role: "arn:aws:iam::000000000000:role/r", description: "", timeoutSeconds: 3, memoryMb: 128,
    ephemeralStorageMb: 512, architecture: "x86_64", tracing: "PassThrough", logging: { format: "Text", group: "/aws/lambda/demo" },
  });
});

test("runtimes are refused as AWS does, or as not supported here", () => {
  const refused = (Runtime: string, message: RegExp) => assert.throws(() => newSettings({ ...REQUEST, Runtime: Runtime as "nodejs24.x" }, "demo"), { name: "InvalidParameterValueException", message });
  refused("nodejs12.x", /^The runtime parameter of nodejs12.x is no longer supported for creating or updating AWS Lambda functions\./);
  refused("PYTHON3.9", /^Value PYTHON3.9 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \[nodejs20.x, .*\] or be a valid ARN$/);
  refused("dotnet6", /^Evoke does not support the runtime dotnet6 yet\.$/);
});

test("every runtime AWS names is accepted, refused as AWS refuses it, or refused as not supported here", () => {
  const verdict = (Runtime: string) => {
    try {
      return newSettings({ ...REQUEST, Runtime: Runtime as "nodejs24.x" }, "demo").runtime;
    } catch (error) {
      const { message } = error as Error;
      return message.includes("no longer supported") ? "deprecated" : message.startsWith("Evoke does not support the runtime") ? "unsupported" : "unknown";
    }
  };
  const accepted = Object.values(Runtime).filter((runtime) => verdict(runtime) === runtime).sort();
  assert.deepEqual(accepted, [...MANAGED_RUNTIMES, "provided.al2", "provided.al2023"].sort());
  assert.deepEqual(Object.values(Runtime).filter((runtime) => verdict(runtime) === "unknown"), []);
  for (const made of ["nodejs21.x", "nodejs23.x", "nodejs25.x", "nodejs27.x", "python3.5", "python3.16"]) assert.equal(verdict(made), "unknown", made);
});

test("Runtime and Handler are mandatory", () => {
  assert.throws(() => newSettings({ ...REQUEST, Handler: undefined }, "demo"), /Runtime and Handler are mandatory parameters/);
  assert.throws(() => newSettings({ ...REQUEST, Runtime: undefined }, "demo"), /Runtime and Handler are mandatory parameters/);
});

test("limits of ordinary functions hold where the model allows more", () => {
  assert.throws(() => newSettings({ ...REQUEST, Timeout: 901 }, "demo"), /'Timeout' value failed to satisfy constraint: Member must have value less than or equal to 900$/);
  assert.throws(() => newSettings({ ...REQUEST, MemorySize: 10241 }, "demo"), /'MemorySize' value .* less than or equal to 10240$/);
  assert.throws(() => newSettings({ ...REQUEST, EphemeralStorage: { Size: 10241 } }, "demo"), /less than or equal to 10240$/);
});

test("reserved environment keys are named, and 4096 bytes of JSON is the most", () => {
  const create = (Variables: Record<string, string>) => newSettings({ ...REQUEST, Environment: { Variables } }, "demo");
  assert.throws(() => create({ AWS_REGION: "x", MINE: "y", _HANDLER: "z" }), /Reserved keys used in this request: AWS_REGION, _HANDLER$/);
  for (const key of [
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "_X_AMZN_TRACE_ID",
  ]) assert.throws(() => create({ [key]: "x" }), { message: new RegExp(`Reserved keys used in this request: ${key}$`) });
  const overrides = { LANG: "C", TZ: "UTC", PATH: "/bin", NODE_PATH: "/x", PYTHONPATH: "/x", LD_LIBRARY_PATH: "/x", AWS_LAMBDA_EXEC_WRAPPER: "/opt/w", AWS_XRAY_CONTEXT_MISSING: "x", NODE_OPTIONS: "--x" };
  assert.deepEqual(create(overrides).environment, overrides);
  const overhead = JSON.stringify({ BIG: "" }).length;
  assert.equal(create({ BIG: "x".repeat(4096 - overhead) }).environment!.BIG!.length, 4096 - overhead);
  assert.throws(() => create({ BIG: "x".repeat(4097 - overhead) }), /exceeded the 4KB limit\. String measured: \{"BIG":"xxx/);
  assert.throws(() => create({ BIG: "é".repeat(2048) }), /exceeded the 4KB limit/);
});

test("log levels exist in JSON format only, default to INFO, and an update of logging is partial", () => {
  const create = (LoggingConfig: CreateFunctionRequest["LoggingConfig"]) => newSettings({ ...REQUEST, LoggingConfig }, "demo");
  assert.throws(() => create({ ApplicationLogLevel: "DEBUG" }), /LogLevel is not supported when LogFormat is set to "Text"/);
  const json = create({ LogFormat: "JSON", SystemLogLevel: "WARN" });
  assert.deepEqual(json.logging, { format: "JSON", group: "/aws/lambda/demo", applicationLevel: "INFO", systemLevel: "WARN" });
  const moved = changedSettings(json, { FunctionName: "demo", LoggingConfig: { LogGroup: "mine" } });
  assert.deepEqual(moved.logging, { format: "JSON", group: "mine", applicationLevel: "INFO", systemLevel: "WARN" });
  assert.deepEqual(changedSettings(moved, { FunctionName: "demo", LoggingConfig: { LogFormat: "Text" } }).logging, { format: "Text", group: "mine" });
});

test("what would be ignored is refused by name, and its empty forms are let through", () => {
  for (const given of [
    { KMSKeyArn: "arn:aws:kms:x" },
    { FileSystemConfigs: [{ Arn: "a", LocalMountPath: "/mnt/a" }] }, { DurableConfig: { ExecutionTimeout: 60, KMSKeyArn: "arn:aws:kms:eu-west-1:000000000000:key/k" } },
  ]) assert.throws(() => refuseUnsupported(given), { name: "InvalidParameterValueException", message: /^Evoke does not support .* yet\.$/ });
  refuseUnsupported({
    PackageType: "Zip", Layers: [], SnapStart: { ApplyOn: "None" }, KMSKeyArn: "", FileSystemConfigs: [], ImageConfig: {}, TracingConfig: { Mode: "PassThrough" },
  });
});

test("there is no parameter that is neither acted on nor refused", async () => {
  const ACTED_ON = ["FunctionName", "PackageType", "ImageConfig", "ImageUri", "SnapStart", "Layers", "CodeSigningConfigArn", "DurableConfig", "DeadLetterConfig", "TenancyConfig", "VpcConfig", "CapacityProviderConfig", "Publish", "PublishTo", "Role", "Code", "Runtime", "Handler", "Description", "Timeout", "MemorySize", "Environment", "Tags", "Architectures", "EphemeralStorage", "LoggingConfig", "TracingConfig", "ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "S3ObjectStorageMode", "DryRun", "RevisionId"];
  const REFUSED = [
    "KMSKeyArn", "FileSystemConfigs",
    "SourceKMSKeyArn",
  ];
  const { operations } = await readServiceModel("@aws-sdk/client-lambda");
  for (const name of ["CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration"])
    assert.deepEqual(operations.get(name)!.input.members!.map((member) => member.name).filter((member) => ![...ACTED_ON, ...REFUSED].includes(member)), [], name);
});
