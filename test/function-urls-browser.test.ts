// A web page and function URLs, in a real browser: the URL's own cross-origin rules decide what the page may read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
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

const PAGE = `<!doctype html><script type="module">
  const out = {};
  const attempt = async (name, work) => { try { out[name] = await work(); } catch (error) { out[name] = error.name; } };
  const site = location.hash.slice(1);
  for (const cache of ["force-cache", "only-if-cached"]) await attempt("object, " + cache, async () => (await fetch("/kept/k", { cache, mode: "same-origin" })).status);
  for (const page of ["health", "outbox", "clock", "metrics", "events"]) await attempt(page, async () => (await fetch("/_evoke/" + page)).status);
  for (const page of ["clock", "events", "outbox/stop?number=%2B4915112345678"]) await attempt("POST " + page, async () => (await fetch("/_evoke/" + page, { method: "POST", body: "{}" })).status);
  await attempt("list", async () => (await fetch("/kept?list-type=2")).status);
  for (const script of ["worker.js", "/opened/worker.js"]) await attempt(script, async () => (await navigator.serviceWorker.register(script, { scope: script === "worker.js" ? "/" : "/opened/" })).scope);
  await fetch(site + "/done", { method: "POST", mode: "no-cors", body: JSON.stringify({ ...out, origin }) });
</script>`;
const PAGES = `exports.handler = async ({ rawPath }) => (rawPath === "/worker.js"
  ? { statusCode: 200, headers: { "content-type": "text/javascript", "service-worker-allowed": "/" }, body: "" }
  : { statusCode: 200, headers: { "content-type": "text/html" }, body: ${JSON.stringify(PAGE)} });`;

test("a page that a function answers by path has Evoke's origin, and reads, drives and keeps nothing of Evoke's with it", { skip: noChromium, timeout: 60_000 }, async (t) => {
  const { origin, visit, type } = await openSite(t);
  await using evoke = await openTestPlatform();
  const at = evoke.url.replace("127.0.0.1", "localhost");
  const s3 = new S3({ ...evoke.clientConfig, forcePathStyle: true });
  t.after(() => s3.destroy());
  for (const Bucket of ["kept", "opened"]) await s3.createBucket({ Bucket });
  await s3.putObject({ Bucket: "kept", Key: "k", Body: "a secret", ContentType: "text/plain" });
  await s3.putObject({ Bucket: "opened", Key: "worker.js", Body: "", ContentType: "text/javascript" });
  await s3.putPublicAccessBlock({ Bucket: "opened", PublicAccessBlockConfiguration: { BlockPublicPolicy: false } });
  await s3.putBucketPolicy({ Bucket: "opened", Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::opened/*" }] }) });
  await evoke.lambda.send(new CreateFunctionCommand({ FunctionName: "hostile", Runtime: "nodejs22.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/r", Code: { ZipFile: await zipOf({ "index.js": PAGES }) } }));
  await waitUntilFunctionActiveV2({ client: evoke.lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName: "hostile" });
  const { FunctionUrl } = await evoke.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: "hostile", AuthType: "NONE" }));
  const urlId = /[a-z0-9]{32}/.exec(FunctionUrl!)![0];

  assert.match(await type(`${at}/kept/k`), /a secret/);
  const out = await visit(`<script>location = ${JSON.stringify(`${at}/_evoke/url/${urlId}/#${origin}`)};</script>`);
  assert.equal(out.origin, at, "the page ran with Evoke's origin");
  for (const [name, result] of Object.entries(out)) if (name !== "origin") assert.ok(result === 403 || result === "TypeError", `${name}: ${String(result)}`);
  assert.equal(Object.keys(out).length, 14);
});
