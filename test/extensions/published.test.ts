// AWS's published extensions run unmodified: the Lambda Web Adapter, and an extension on AWS's library for them.
// https://github.com/awslabs/aws-lambda-web-adapter, https://github.com/awslabs/aws-lambda-rust-runtime
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestEngine, openTestEngine } from "../support/engine.ts";
import { zipOf } from "../support/zip.ts";
import { telemetryExtension, webAdapter } from "./published.ts";

const WEB_APP = {
  "run.sh": "#!/bin/sh\nexec node app.js\n",
  "app.js": `require("node:http").createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => { body += chunk; }).on("end", () => { console.log("served " + request.url); response.setHeader("x-app", "yes"); response.end(request.method + " " + request.url + " " + body); });
  }).listen(Number(process.env.AWS_LWA_PORT), "127.0.0.1");`,
};
/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
const event = (path: string, body: string) => ({
  version: "2.0", routeKey: "$default", rawPath: path, rawQueryString: "a=1", headers: { "content-type": "text/plain", host: "example.com" }, isBase64Encoded: false, body,
  requestContext: { accountId: "anonymous", apiId: "x", domainName: "example.com", domainPrefix: "x", http: { method: "POST", path, protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "test" }, requestId: "r", routeKey: "$default", stage: "$default", time: "21/Nov/2026:06:00:00 +0000", timeEpoch: 1795241480443 },
});

describe("published extensions", () => {
  let t: TestEngine;
  before(async () => { t = await openTestEngine(); });
  after(() => t.close());

  test("AWS's Lambda Web Adapter turns a web server into a function, in a managed runtime's place", async (context) => {
    const built = await webAdapter();
    if ("skipped" in built) return context.skip(built.skipped);
    const layer = (await t.engine.code.add(await zipOf({ "extensions/lambda-adapter": built.adapter, bootstrap: built.wrapper }, ["extensions/lambda-adapter", "bootstrap"]))).id;
    const version = await t.version("web", WEB_APP, {
      runtime: "nodejs22.x", handler: "run.sh", layers: [layer], memoryMb: 512, timeoutSeconds: 10,
      environment: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/bootstrap", AWS_LWA_PORT: "18087" },
    });
    for (const n of [1, 2]) {
      const { failed, json } = await t.invoke(version, event(`/path/${n}`, `body ${n}`));
      assert.equal(failed, false, JSON.stringify(json));
      assert.deepEqual([json.statusCode, json.body, json.headers["x-app"]], [200, `POST /path/${n}?a=1 body ${n}`, "yes"]);
    }
    const lines = await t.lines("web");
    assert.ok(lines.includes("EXTENSION\tName: lambda-adapter\tState: Ready\tEvents: []"), lines.join("\n"));
    assert.ok(lines.some((line) => line.includes("served /path/2")));
  });

  test("an extension on AWS's own library is told everything", async (context) => {
    const built = await telemetryExtension();
    if ("skipped" in built) return context.skip(built.skipped);
    const layer = (await t.engine.code.add(await zipOf({ "extensions/telemetry": built }, ["extensions/telemetry"]))).id;
    const code = { "index.js": "exports.handler = async (event) => { console.log('hello ' + event.n); return event; };" };
    const version = await t.version("told", code, { runtime: "nodejs22.x", layers: [layer], memoryMb: 256 });
    const { requestId } = await t.invoke(version, { n: 1 });
    await t.invoke(version, { n: 2 });
    await t.invoke(await t.version("told", code, { runtime: "nodejs22.x" }), { n: 3 }); // another revision: the first environment ends
    const wanted = ["SDK initStart Init", "SDK initReport true", "SDK subscription telemetry", "SDK extension telemetry Ready", `SDK invoke ${requestId}`, `SDK start ${requestId}`, `SDK runtimeDone ${requestId} Success`, `SDK report ${requestId} 256`, "SDK shutdown spindown"];
    for (let tries = 0; ; tries++) {
      const lines = await t.lines("told");
      const missing = wanted.filter((line) => !lines.includes(line));
      if (!missing.length && lines.some((line) => /^SDK function .*hello 1$/.test(line))) break;
      assert.ok(tries < 40, `never: ${missing.join(", ")}\n${lines.join("\n")}`);
    }
  });
});
