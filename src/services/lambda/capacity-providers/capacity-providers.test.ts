// Capacity providers with the real client: how they live, what they refuse, and who is on them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CapacityProvider, type CreateCapacityProviderCommandInput, Lambda, paginateListCapacityProviders, paginateListFunctionVersionsByCapacityProvider } from "@aws-sdk/client-lambda";
import { memoryCode, scriptedProvisioning } from "../../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../../test/support/room.ts";
import { zipOf } from "../../../../test/support/zip.ts";
import { lambda as service } from "../service.ts";
import { ON_PROVIDERS } from "./on-provider.ts";
import { PROVIDERS } from "./provider.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:";
const ROLE = "arn:aws:iam::000000000000:role/r";
const zip = await zipOf({ "index.js": "" });
let room: OpenRoom;
let lambda: Lambda;
before(async () => {
  room = await openRoom(service, { code: memoryCode(), provisioning: scriptedProvisioning() });
  lambda = new Lambda(room.clientConfig);
});
after(() => room.close());

const create = async (CapacityProviderName: string, more: Partial<CreateCapacityProviderCommandInput> = {}): Promise<CapacityProvider> => {
  const made = await lambda.createCapacityProvider({ CapacityProviderName, VpcConfig: { SubnetIds: ["subnet-12345678"], SecurityGroupIds: ["sg-12345678"] }, PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE }, ...more });
  assert.equal(made.$metadata.httpStatusCode, 202);
  return made.CapacityProvider!;
};
const get = async (CapacityProviderName: string) => (await lambda.getCapacityProvider({ CapacityProviderName })).CapacityProvider!;
async function until(done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await done()); await new Promise((resolve) => setTimeout(resolve, 5))) assert.ok(Date.now() < end, "it took too long");
}
const active = async (name: string): Promise<string> => {
  await until(async () => (await get(name)).State === "Active");
  return `${ARN}capacity-provider:${name}`;
};
const gone = (name: string) => until(() => get(name).then(() => false, (error: Error) => error.name === "ResourceNotFoundException"));
const refused = (name: string, message: string | RegExp) => (error: Error) => {
  assert.equal(error.name, name);
  if (typeof message === "string") assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};
const settled = (FunctionName: string) => until(async () => (await lambda.getFunctionConfiguration({ FunctionName })).LastUpdateStatus === "Successful");
const createFunction = async (FunctionName: string, CapacityProviderArn: string) => {
  await lambda.createFunction({ FunctionName, Role: ROLE, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip }, CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn } } });
  await settled(FunctionName);
};

test("a capacity provider is Pending, Active, Deleting and gone, with AWS's defaults", async () => {
  const { LastModified, ...made } = await create("plain");
  assert.match(LastModified!, /^\d{4}-\d\d-\d\dT/);
  const shown = {
    CapacityProviderArn: `${ARN}capacity-provider:plain`,
    VpcConfig: { SubnetIds: ["subnet-12345678"], SecurityGroupIds: ["sg-12345678"] }, PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE },
    InstanceRequirements: { Architectures: ["x86_64"] }, CapacityProviderScalingConfig: { MaxVCpuCount: 400, ScalingMode: "Auto" },
  };
  assert.deepEqual(made, { ...shown, State: "Pending" });
  await active("plain");
  const { LastModified: _then, ...settled } = await get(`${ARN}capacity-provider:plain`); // by its ARN, too
  assert.deepEqual(settled, { ...shown, State: "Active" });
  const deleted = await lambda.deleteCapacityProvider({ CapacityProviderName: "plain" });
  assert.deepEqual([deleted.$metadata.httpStatusCode, deleted.CapacityProvider!.State], [202, "Deleting"]);
  await gone("plain");
  await assert.rejects(get("plain"), refused("ResourceNotFoundException", `Capacity provider not found: ${ARN}capacity-provider:plain`));
});

test("an update changes what it names, and going back to Auto ends the policies", async () => {
  const ScalingPolicies = [{ PredefinedMetricType: "LambdaCapacityProviderAverageCPUUtilization" as const, TargetValue: 70 }];
  await create("scaled", { CapacityProviderScalingConfig: { MaxVCpuCount: 30, ScalingMode: "Manual", ScalingPolicies }, InstanceRequirements: { Architectures: ["arm64"], ExcludedInstanceTypes: ["m5.8xlarge"] } });
  await active("scaled");
  const made = await get("scaled");
  assert.deepEqual(made.CapacityProviderScalingConfig, { MaxVCpuCount: 30, ScalingMode: "Manual", ScalingPolicies });
  assert.deepEqual(made.InstanceRequirements, { Architectures: ["arm64"], ExcludedInstanceTypes: ["m5.8xlarge"] });
  const more = await lambda.updateCapacityProvider({ CapacityProviderName: "scaled", CapacityProviderScalingConfig: { MaxVCpuCount: 40 } });
  assert.equal(more.$metadata.httpStatusCode, 202);
  assert.deepEqual(more.CapacityProvider!.CapacityProviderScalingConfig, { MaxVCpuCount: 40, ScalingMode: "Manual", ScalingPolicies });
  await lambda.updateCapacityProvider({ CapacityProviderName: "scaled", CapacityProviderScalingConfig: { ScalingMode: "Auto" } });
  assert.deepEqual((await get("scaled")).CapacityProviderScalingConfig, { MaxVCpuCount: 40, ScalingMode: "Auto" });
  await assert.rejects(lambda.updateCapacityProvider({ CapacityProviderName: "scaled", CapacityProviderScalingConfig: { ScalingMode: "Manual" } }), refused("InvalidParameterValueException", "ScalingPolicies are required when ScalingMode is Manual."));
  await assert.rejects(lambda.updateCapacityProvider({ CapacityProviderName: "none" }), refused("ResourceNotFoundException", `Capacity provider not found: ${ARN}capacity-provider:none`));
});

test("what cannot be is refused, and nothing is made", async () => {
  await create("twice");
  await assert.rejects(create("twice"), refused("ResourceConflictException", `Capacity provider already exists: ${ARN}capacity-provider:twice`));
  const invalid = (more: Partial<CreateCapacityProviderCommandInput>, message: RegExp) => assert.rejects(create("unmade", more), refused("InvalidParameterValueException", message));
  await invalid({ InstanceRequirements: { AllowedInstanceTypes: ["m7a.large"], ExcludedInstanceTypes: ["m5.large"] } }, /^You can specify only one of/);
  await invalid({ CapacityProviderScalingConfig: { ScalingMode: "Auto", ScalingPolicies: [{ PredefinedMetricType: "LambdaCapacityProviderAverageCPUUtilization", TargetValue: 50 }] } }, /ScalingMode is Manual only/);
  await invalid({ KmsKeyArn: "arn:aws:kms:eu-west-1:000000000000:key/k" }, /^Evoke does not support KmsKeyArn of a capacity provider yet\.$/);
  await invalid({ PropagateTags: { Mode: "Explicit", ExplicitTags: { team: "a" } } }, /^Evoke does not support PropagateTags of a capacity provider yet\.$/);
  await invalid({ TelemetryConfig: { LoggingConfig: { SystemLogLevel: "INFO" } } }, /^Evoke does not support TelemetryConfig of a capacity provider yet\.$/);
  await assert.rejects(create("unmade", { CapacityProviderScalingConfig: { MaxVCpuCount: 1 } }), { name: "ValidationException" });
  await assert.rejects(create("unmade", { VpcConfig: { SubnetIds: [], SecurityGroupIds: [] } }), { name: "ValidationException" });
  await assert.rejects(get("unmade"), { name: "ResourceNotFoundException" });
  await create("none-propagated", { PropagateTags: { Mode: "None" } });
});

test("another account's and another region's capacity provider is not there", async () => {
  await create("mine");
  await active("mine");
  for (const arn of [`${ARN}capacity-provider:mine`.replace("000000000000", "111122223333"), `${ARN}capacity-provider:mine`.replace("eu-west-1", "us-east-1")]) {
    const missing = refused("ResourceNotFoundException", `Capacity provider not found: ${arn}`);
    await assert.rejects(get(arn), missing);
    await assert.rejects(lambda.deleteCapacityProvider({ CapacityProviderName: arn }), missing);
    await assert.rejects(createFunction("nowhere", arn), missing);
    await assert.rejects(lambda.listTags({ Resource: arn }), missing);
  }
});

test("tags of a capacity provider live as those of others", async () => {
  await create("tagged", { Tags: { team: "a" } });
  const Resource = `${ARN}capacity-provider:tagged`;
  assert.deepEqual((await lambda.listTags({ Resource })).Tags, { team: "a" });
  await lambda.tagResource({ Resource, Tags: { stage: "b" } });
  await lambda.untagResource({ Resource, TagKeys: ["team"] });
  assert.deepEqual((await lambda.listTags({ Resource })).Tags, { stage: "b" });
  await assert.rejects(lambda.listTags({ Resource: `${ARN}capacity-provider:none` }), refused("ResourceNotFoundException", `Capacity provider not found: ${ARN}capacity-provider:none`));
});

test("capacity providers are listed page by page, in their states", async () => {
  for (const name of ["list-a", "list-b", "list-c"]) await create(name);
  for (const name of ["list-a", "list-b", "list-c"]) await active(name);
  const names: string[] = [];
  for await (const page of paginateListCapacityProviders({ client: lambda, pageSize: 2 }, { State: "Active" })) {
    assert.ok(page.CapacityProviders!.length <= 2);
    names.push(...page.CapacityProviders!.map(({ CapacityProviderArn }) => CapacityProviderArn!.split(":").at(-1)!));
  }
  assert.deepEqual(names.filter((name) => name.startsWith("list-")), ["list-a", "list-b", "list-c"]);
  assert.deepEqual(names, [...names].sort());
  assert.deepEqual((await lambda.listCapacityProviders({ State: "Failed" })).CapacityProviders, []);
  await assert.rejects(lambda.listCapacityProviders({ Marker: "nonsense" }), { name: "InvalidParameterValueException" });
});

test("a capacity provider with functions stays, and says who is on it", async () => {
  await create("busy");
  const arn = await active("busy");
  await createFunction("one", arn);
  await createFunction("two", arn);
  await lambda.publishVersion({ FunctionName: "two" });
  const found: string[] = [];
  for await (const page of paginateListFunctionVersionsByCapacityProvider({ client: lambda, pageSize: 2 }, { CapacityProviderName: "busy" })) {
    assert.equal(page.CapacityProviderArn, arn);
    found.push(...page.FunctionVersions!.map(({ FunctionArn }) => FunctionArn!));
  }
  assert.deepEqual(found, [`${ARN}function:one:$LATEST`, `${ARN}function:two:$LATEST`, `${ARN}function:two:1`]);
  await until(async () => (await lambda.listFunctionVersionsByCapacityProvider({ CapacityProviderName: "busy" })).FunctionVersions!.map(({ State }) => State).join() === "ActiveNonInvocable,ActiveNonInvocable,Active");
  // Terraform waits for this second sentence to pass.
  await assert.rejects(lambda.deleteCapacityProvider({ CapacityProviderName: "busy" }), refused("ResourceConflictException", `The capacity provider is currently in use by 2 functions. To delete this capacity provider, first remove its association with ${arn}.`));
  assert.equal((await get("busy")).State, "Active");
  assert.equal((await lambda.deleteFunction({ FunctionName: "one" })).StatusCode, 202);
  await lambda.deleteFunction({ FunctionName: "two" });
  await until(async () => (await lambda.listFunctionVersionsByCapacityProvider({ CapacityProviderName: "busy" })).FunctionVersions!.length === 0);
  await lambda.deleteCapacityProvider({ CapacityProviderName: "busy" });
  await gone("busy");
  await assert.rejects(lambda.listFunctionVersionsByCapacityProvider({ CapacityProviderName: "busy" }), { name: "ResourceNotFoundException" });
});

test("there are a thousand capacity providers at most, and a hundred function versions on one", async () => {
  await create("full");
  const arn = await active("full");
  await createFunction("many", arn);
  const documents = room.ports.stores.documents<object>(ON_PROVIDERS);
  const [id, one] = (await documents.list({ prefix: "000000000000/eu-west-1/full/", limit: 1 }))[0]!;
  for (let index = 1; index < 99; index++) await documents.put(`${id}-${index}`, one);
  await lambda.publishVersion({ FunctionName: "many" });
  await lambda.updateFunctionConfiguration({ FunctionName: "many", Description: "another" });
  await settled("many");
  await assert.rejects(lambda.publishVersion({ FunctionName: "many" }), { name: "FunctionVersionsPerCapacityProviderLimitExceededException" });
  await assert.rejects(createFunction("one-more", arn), { name: "FunctionVersionsPerCapacityProviderLimitExceededException" });
  await assert.rejects(lambda.getFunction({ FunctionName: "one-more" }), { name: "ResourceNotFoundException" });

  const providers = room.ports.stores.documents<object>(PROVIDERS);
  const [, filling] = (await providers.list({ limit: 1 }))[0]!;
  const have = (await lambda.listCapacityProviders({})).CapacityProviders!.length;
  for (let index = have; index < 1000; index++) await providers.put(`000000000000/eu-west-1/filled-${index}`, { ...filling, name: `filled-${index}` });
  await assert.rejects(create("too-many"), { name: "CapacityProviderLimitExceededException" });
});
