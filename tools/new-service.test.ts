// The room generator and the coverage pages.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hello } from "../src/services/hello/service.ts";
import { coverageOf, page } from "./coverage.ts";
import { identifier, registered, roomFiles } from "./new-service.ts";

test("a new room names its client, its signing name and every operation that is missing", () => {
  const files = roomFiles({ folder: "secrets-manager", signingName: "secretsmanager", operations: ["CreateSecret", "GetSecretValue"] });
  assert.deepEqual(Object.keys(files).sort(), ["README.md", "errors.ts", "service.test.ts", "service.ts"]);
  assert.match(files["service.ts"]!, /export const secretsManager = defineService<typeof Sdk>\(\{\n  name: "secretsmanager",\n  client: "@aws-sdk\/client-secrets-manager",/);
  assert.match(files["README.md"]!, /- CreateSecret\n- GetSecretValue\n/);
  assert.equal(identifier("api-gateway-v2"), "apiGatewayV2");
});

test("the register gains one line, in order", () => {
  const before = `// The register.\nimport type { Room } from "./service.ts";\n\nexport const SERVICES: Room[] = [\n  { name: "lambda", keeps: {} },\n  { name: "sts", keeps: {} },\n];\n`;
  const line = `  { name: "secretsmanager", load: async () => (await import("./secrets-manager/service.ts")).secretsManager, keeps: {} },`;
  assert.equal(registered(before, { folder: "secrets-manager", signingName: "secretsmanager" }), `// The register.\nimport type { Room } from "./service.ts";\n\nexport const SERVICES: Room[] = [\n  { name: "lambda", keeps: {} },\n${line}\n  { name: "sts", keeps: {} },\n];\n`);
});

test("a coverage page lists every operation of the client and marks what is served", async () => {
  const coverage = await coverageOf(hello);
  assert.deepEqual(coverage.operations.filter(({ served }) => served).map(({ name }) => name), ["CreateTopic", "DeleteTopic", "ListTopics"]);
  const text = page(coverage);
  assert.match(text, /^# sns: 3 of \d+ operations\n/);
  assert.match(text, /\| CreateTopic \| yes \|\n/);
  assert.match(text, /\| Publish \|  \|\n/);
});
