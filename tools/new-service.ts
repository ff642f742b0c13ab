// Makes a new service room of the shape of src/services/hello: `npm run new-service -- eventbridge`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readServiceModel } from "../src/wire/service-model.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export interface Room {
  /** The client's suffix: "secrets-manager". */
  folder: string;
  /** The name in the SigV4 credential scope. */
  signingName: string;
  operations: string[];
}

/** "secrets-manager" → "secretsManager" */
export const identifier = (folder: string): string => folder.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());

/** The files of a room that serves nothing yet, by name. */
export function roomFiles({ folder, signingName, operations }: Room): Record<string, string> {
  const client = `@aws-sdk/client-${folder}`;
  const name = identifier(folder);
  return {
    "service.ts": `// ${folder}: what it is, in one line.
// https://docs.aws.amazon.com/
import type * as Sdk from "${client}";
import { defineService } from "../service.ts";

export const ${name} = defineService<typeof Sdk>({
  name: "${signingName}",
  client: "${client}",
  open() {
    // Take the ports the room needs ({ stores, clock, ids }) and answer one method per operation, as ../hello/service.ts does.
    return {};
  },
});
`,
    "errors.ts": `// One function per situation, named for it, with AWS's sentence: see ../hello/errors.ts.
import { ServiceError } from "../../kernel/errors.ts";

/** A parameter that would be ignored is refused by name. */
export const notSupported = (what: string) => new ServiceError("ValidationException", \`Evoke does not support \${what} yet.\`);
`,
    "service.test.ts": `// The room, driven by the real SDK client over real stores.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readServiceModel } from "../../wire/service-model.ts";
import { ${name} } from "./service.ts";

test("the room carries the name its clients sign with", async () => {
  assert.equal((await readServiceModel(${name}.client)).signingName, ${name}.name);
});
`,
    "README.md": `# ${folder}

What it is, in a sentence or two, and the page: https://docs.aws.amazon.com/

## Missing

Not yet supported; each answers with an error that names it. Take a line away when the operation is served.

${operations.map((operation) => `- ${operation}`).join("\n")}

## Quirks

None known yet. Each one comes with its proof.
`,
  };
}

/** The register with one more line, in alphabetical order of names. */
export function registered(index: string, { folder, signingName }: Pick<Room, "folder" | "signingName">): string {
  const [before, rest] = index.split("export const SERVICES: Room[] = [\n") as [string, string];
  const [lines, after] = rest.split("];\n") as [string, string];
  const line = `  { name: "${signingName}", load: async () => (await import("./${folder}/service.ts")).${identifier(folder)}, keeps: {} },`;
  const all = [...lines.split("\n").filter(Boolean), line].sort();
  return `${before}export const SERVICES: Room[] = [\n${all.join("\n")}\n];\n${after}`;
}

async function main(folder: string | undefined): Promise<string> {
  if (!folder || !/^[a-z][a-z0-9-]*$/.test(folder)) throw new Error("say which service, as the end of its client's name: npm run new-service -- eventbridge (for @aws-sdk/client-eventbridge)");
  const client = `@aws-sdk/client-${folder}`;
  const room = join(root, "src", "services", folder);
  if (existsSync(room)) throw new Error(`src/services/${folder} is there already`);
  if (!existsSync(join(root, "node_modules", client))) throw new Error(`install the client first: npm install --save-exact ${client}`);
  const model = await readServiceModel(client);
  mkdirSync(room, { recursive: true });
  const files = roomFiles({ folder, signingName: model.signingName, operations: [...model.operations.keys()].sort() });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(room, name), text);
  const index = join(root, "src", "services", "index.ts");
  writeFileSync(index, registered(readFileSync(index, "utf8"), { folder, signingName: model.signingName }));
  return `Made src/services/${folder} (${model.operations.size} operations, none served yet) and its line in src/services/index.ts.
Next: read src/services/hello, write the first operation, then run \`node tools/constraints.ts\` and \`node tools/coverage.ts\`.
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(await main(process.argv[2]));
  } catch (error) {
    process.stderr.write(`new-service: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
