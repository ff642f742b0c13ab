// What a function finds in its environment: AWS's variables, its own, and nothing of this machine.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PYTHON, type TestEngine, openTestEngine } from "../../test/support/engine.ts";

/** Variables with one value on AWS, whatever the function. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const FIXED: Record<string, string> = {
  LANG: "en_US.UTF-8", TZ: ":UTC", LAMBDA_TASK_ROOT: "/var/task", LAMBDA_RUNTIME_DIR: "/var/runtime", AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand", PWD: "/var/task",
  LD_LIBRARY_PATH: "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
  AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR", AWS_XRAY_DAEMON_ADDRESS: "169.254.100.1:2000", _AWS_XRAY_DAEMON_ADDRESS: "169.254.100.1", _AWS_XRAY_DAEMON_PORT: "2000",
  AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-1", AWS_LAMBDA_FUNCTION_VERSION: "$LATEST", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128", AWS_LAMBDA_LOG_FORMAT: "Text",
  AWS_ACCESS_KEY_ID: "ASIATEST", AWS_SECRET_ACCESS_KEY: "secret", AWS_SESSION_TOKEN: "token for arn:aws:iam::000000000000:role/test", MINE: "1", LANGUAGE: "of the user",
  AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
};
/** Present, with a value of the function's own. */
const OTHERS = ["_HANDLER", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "PATH"];
const SYSTEM_PATH = "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin";

const MANAGED: [runtime: string, files: Record<string, string>, own: Record<string, string>][] = [
  ["nodejs22.x", { "index.js": "exports.handler = async () => process.env" }, { AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x", NODE_PATH: "/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task" }],
  ["python3.11", { "index.py": "import os\ndef handler(event, context):\n    return dict(os.environ)\n" }, { AWS_EXECUTION_ENV: "AWS_Lambda_python3.11", PYTHONPATH: "/var/runtime" }],
];

for (const prewarm of [0, 1]) {
  describe(`the environment of a function, ${prewarm} pre-warmed`, { skip: PYTHON ? false : "no python3 under /usr" }, () => {
    let t: TestEngine;
    before(async () => {
      process.env["EVOKE_TEST_SECRET"] = "of the host";
      t = await openTestEngine({ prewarm });
    });
    after(async () => {
      delete process.env["EVOKE_TEST_SECRET"];
      await t.close();
    });

    const check = (seen: Record<string, string>, own: Record<string, string>) => {
      const expected = { ...FIXED, ...own };
      assert.deepEqual(Object.keys(seen).sort(), [...Object.keys(expected), ...OTHERS].sort());
      for (const [name, value] of Object.entries(expected)) assert.equal(seen[name], value, name);
      assert.ok(seen["PATH"]!.endsWith(SYSTEM_PATH), seen["PATH"]!);
    };

    for (const [runtime, files, own] of MANAGED) {
      test(`${runtime}: AWS's variables, the function's own, and nothing else`, async (test) => {
        const made = await t.version(`sees-${runtime.replace(".", "-")}`, files, { runtime, environment: { MINE: "1", LANGUAGE: "of the user" } });
        for (let round = 0; round < 2; round++) {
          const { json } = await t.invoke({ ...made, revision: `round ${round}` }, {}).catch((error) => {
            if (error.name === "InvalidRuntimeException") test.skip("no interpreter of this version or newer");
            return { json: undefined };
          });
          if (!json) return;
          assert.match(json["_X_AMZN_TRACE_ID"], /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=[0-9a-f]{8}:0$/);
          delete json["_X_AMZN_TRACE_ID"]; // set for each invocation
          check(json, own);
        }
      });
    }

    test("provided.al2023: the same, without what belongs to AWS's own runtimes", async () => {
      const { json } = await t.invoke(await t.custom("sees-provided", { environment: { MINE: "1", LANGUAGE: "of the user" } }), { do: "facts" });
      delete json.env.LC_CTYPE; // Python sets it where the system has no en_US.UTF-8
      check(json.env, {});
    });

    test("a user's values win over those AWS lets be overridden", async () => {
      const environment = { TZ: "Europe/Berlin", LANG: "C.UTF-8", PATH: "/usr/bin:/bin", NODE_PATH: "/var/task/lib", AWS_XRAY_CONTEXT_MISSING: "IGNORE_ERROR" };
      const own = await t.version("overrides", { "index.js": "exports.handler = async () => ({ env: process.env, lib: require('mine'), hours: new Date(1e12).getHours() })", "lib/mine.js": "module.exports = 'found'" }, { runtime: "nodejs22.x", environment });
      const { json } = await t.invoke(own, {});
      for (const [name, value] of Object.entries(environment)) assert.equal(json.env[name], value, name);
      assert.deepEqual([json.lib, json.hours], ["found", 3]);
    });

    test("with active tracing the trace is sampled", async () => {
      const active = await t.version("traced", { "index.js": "exports.handler = async () => process.env._X_AMZN_TRACE_ID" }, { runtime: "nodejs22.x", tracing: "Active" });
      assert.match((await t.invoke(active, {})).json, /;Sampled=1;Lineage=/);
    });
  });
}
