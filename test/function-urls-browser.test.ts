// A web page and function URLs, in a real browser: the URL's own cross-origin rules decide what the page may read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateFunctionCommand, CreateFunctionUrlConfigCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { noChromium, openSite } from "./support/chromium.ts";
import { openTestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const CODE = `exports.handler = async (event) => ({ statusCode: 200, headers: { "x-mine": "yes" }, body: event.requestContext.http.method + " " + (event.headers["x-one"] ?? "") });`;

test("a page reads the function URLs that admit its origin, and no others", { skip: noChromium, timeout: 60_000 }, async (t) => {
  const { origin, visit } = await openSite(t);
  await using evoke = await openTestPlatform();
  const make = async (name: string, allowed: string): Promise<string> => {
    await evoke.lambda.send(new CreateFunctionCommand({ FunctionName: name, Runtime: "nodejs22.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/r", Code: { ZipFile: await zipOf({ "index.js": CODE }) } }));
    await waitUntilFunctionActiveV2({ client: evoke.lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName: name });
    const { FunctionUrl } = await evoke.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: name, AuthType: "NONE", Cors: { AllowOrigins: [allowed], AllowMethods: ["*"], AllowHeaders: ["x-one"], ExposeHeaders: ["x-mine"] } }));
    return FunctionUrl!;
  };
  const open = await make("open", origin);
  const closed = await make("closed", "https://other.example");
  const byHost = (url: string) => { const { port, pathname } = new URL(url); return /[a-z0-9]{32}/.exec(url)![0] + `.lambda-url.eu-west-1.localhost:${port}${pathname.startsWith("/_evoke") ? "/" : pathname}`; };

  const out = await visit(`<script type="module">
    const out = {};
    const attempt = async (name, url, options) => { try { const r = await fetch(url, options); out[name] = [r.status, r.headers.get("x-mine"), await r.text()]; } catch (error) { out[name] = error.name; } };
    await attempt("plain", ${JSON.stringify(open)});
    await attempt("preflighted", ${JSON.stringify(open)}, { method: "PUT", headers: { "x-one": "1" } });
    await attempt("by host name", ${JSON.stringify(`http://${byHost(open)}`)}, { method: "POST", body: "hi" });
    await attempt("other header", ${JSON.stringify(open)}, { headers: { "x-two": "1" } });
    await attempt("other origin's", ${JSON.stringify(closed)});
    await fetch("/done", { method: "POST", body: JSON.stringify(out) });
  </script>`);
  assert.deepEqual(out, {
    plain: [200, "yes", "GET "], preflighted: [200, "yes", "PUT 1"], "by host name": [200, "yes", "POST "], "other header": "TypeError", "other origin's": "TypeError",
  });
});
