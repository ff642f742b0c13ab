// Which folders are recognised as which functions.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { detect } from "./detect.ts";

const CASES: [name: string, files: Record<string, string>, expected: { runtime: string; handler: string } | undefined][] = [
  ["an ES module", { "index.mjs": "export const handler = async () => 1" }, { runtime: "nodejs24.x", handler: "index.handler" }],
  ["a CommonJS module", { "index.js": "exports.handler = () => 1" }, { runtime: "nodejs24.x", handler: "index.handler" }],
  ["what package.json calls main", { "package.json": '{"main":"./lib/start.js"}', "lib/start.js": "module.exports = { handler }" }, { runtime: "nodejs24.x", handler: "lib/start.handler" }],
  ["Python as the AWS console makes it", { "lambda_function.py": "import json\n\ndef lambda_handler(event, context):\n    pass\n" }, { runtime: "python3.13", handler: "lambda_function.lambda_handler" }],
  ["Ruby", { "app.rb": "require 'json'\n\ndef handler(event:, context:)\nend\n" }, { runtime: "ruby3.4", handler: "app.handler" }],
  ["a custom runtime", { bootstrap: "#!/bin/sh\n", "index.js": "exports.handler = 1" }, { runtime: "provided.al2023", handler: "bootstrap" }],
  ["nothing to run", { "README.md": "hello" }, undefined],
];

for (const [name, files, expected] of CASES) {
  test(`a folder with ${name} is recognised`, () => {
    const folder = mkdtempSync(join(tmpdir(), "evoke-detect-"));
    try {
      for (const [file, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
      }
      assert.deepEqual(detect(folder), expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
