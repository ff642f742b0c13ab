// What each operation asks permission for: of every room, for every rule, something that a policy can name.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../src/kernel/call.ts";
import type { AccessRule } from "../src/ports/access.ts";
import { SERVICES } from "../src/services/index.ts";
import { openWireService } from "../src/wire/wire.ts";

const principal = { arn: "arn:aws:iam::000000000000:user/ann", accountId: "000000000000", userId: "AIDA", accessKeyId: "AKIA", verified: true };
const call = { account: "000000000000", region: "eu-west-1", requestId: "r", now: new Date(0), principal, sourceIp: "127.0.0.1", userAgent: "" } as unknown as Call;

/** Members that rules look at, with values of the right kind; whatever is a list, a map or a number is said here. */
const VALUES: Record<string, unknown> = {
  Tags: undefined, TagKeys: ["a"], Layers: ["arn:aws:lambda:eu-west-1:000000000000:layer:l:1"], VpcConfig: { SubnetIds: ["s"] }, VersionNumber: 1, logGroupIdentifiers: ["arn:aws:logs:eu-west-1:000000000000:log-group:g"],
  Role: "arn:aws:iam::000000000000:role/r", RoleArn: "arn:aws:iam::000000000000:role/r", Resource: "arn:aws:lambda:eu-west-1:000000000000:function:f", ResourceArn: "arn:aws:lambda:eu-west-1:000000000000:function:f", resourceArn: "arn:aws:logs:eu-west-1:000000000000:log-group:g",
  Arn: "arn:aws:lambda:eu-west-1:000000000000:layer:l:1", CodeSigningConfigArn: "arn:aws:lambda:eu-west-1:000000000000:code-signing-config:csc-1", PolicyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess", PolicySourceArn: principal.arn, Path: "/p/", PathPrefix: "/p/",
  TopicArn: "arn:aws:sns:eu-west-1:000000000000:t", TargetArn: "arn:aws:sns:eu-west-1:000000000000:t",
  ResourceARN: "arn:aws:events:eu-west-1:000000000000:rule/r", Entries: [{ Source: "s", DetailType: "d" }], Targets: [{ Arn: "arn:aws:sqs:eu-west-1:000000000000:q" }],
  Target: { RoleArn: "arn:aws:iam::000000000000:role/r" },
  DurableExecutionArn: "arn:aws:lambda:eu-west-1:000000000000:function:f:1/durable-execution/n/i",
};
const whole = new Proxy({}, { get: (_, name: string | symbol) => (typeof name === "symbol" ? undefined : Object.hasOwn(VALUES, name) ? VALUES[name] : "name"), has: () => true, ownKeys: () => [], getOwnPropertyDescriptor: () => undefined });

test("every rule names ARNs and condition keys that a policy can name", async () => {
  for (const room of SERVICES) {
    const service = await room.load();
    const { model } = await openWireService(service.client);
    for (const [operation, rule] of Object.entries((service.access ?? {}) as Record<string, AccessRule>)) {
      const where = `${service.name}:${operation}`;
      assert.ok(model.operations.has(operation), `${where} is an operation`);
      for (const resource of rule.resources?.(whole, call) ?? []) assert.match(resource, /^(\*|arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws)?:.+)$/, where);
      for (const more of rule.also?.(whole, call) ?? []) assert.match(`${more.action} ${more.resource}`, /^[a-z0-9-]+:\w+ arn:/, where);
      for (const [key, value] of Object.entries(rule.context?.(whole, call) ?? {})) assert.ok(/^[\w-]+:.+/.test(key) && (typeof value === "string" || Array.isArray(value)), `${where} ${key}`);
    }
  }
});

test("a function's ARN is asked for as the caller names it", async () => {
  const { access } = (await SERVICES.find(({ name }) => name === "lambda")!.load()) as unknown as { access: Record<string, AccessRule> };
  const asked = (operation: string, input: object) => access[operation]!.resources!(input, call)[0];
  const arn = "arn:aws:lambda:eu-west-1:000000000000:function:f";
  assert.equal(asked("Invoke", { FunctionName: "f" }), arn);
  assert.equal(asked("Invoke", { FunctionName: "f", Qualifier: "prod" }), `${arn}:prod`);
  assert.equal(asked("Invoke", { FunctionName: "f:prod" }), `${arn}:prod`);
  assert.equal(asked("Invoke", { FunctionName: "111122223333:f" }), "arn:aws:lambda:eu-west-1:111122223333:function:f");
  assert.equal(asked("Invoke", { FunctionName: `${arn}:7` }), `${arn}:7`);
  assert.equal(asked("DeleteAlias", { FunctionName: "f", Name: "prod" }), arn);
  assert.equal(access["InvokeWithResponseStream"]!.action, "InvokeFunction");
});
