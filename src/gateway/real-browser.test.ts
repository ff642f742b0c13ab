// A real browser with a hostile page, where Chromium is installed: nothing the page sends may reach an operation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noChromium, openSite } from "../../test/support/chromium.ts";
import { openTestGateway } from "./test-gateway.ts";

const skip = noChromium && `${noChromium}; browser.test.ts and gateway.test.ts send what browsers send`;

/** Runs in the page. `gateway` by several names, then the page's own rebound name. */
const attack = (port: number) => `<script type="module">
const out = {};
const attempt = async (name, work) => { try { out[name] = await work(); } catch (error) { out[name] = error.name; } };
const invoke = "/2015-03-31/functions/f/invocations";
for (const host of ["localhost", "127.0.0.1", "lambda.localhost", "0.0.0.0"]) {
  const url = "http://" + host + ":${port}";
  await attempt(host + " simple POST", () => fetch(url + invoke, { method: "POST", mode: "no-cors", body: "{}" }).then((r) => r.type));
  await attempt(host + " CORS POST", () => fetch(url + invoke, { method: "POST", headers: { "x-amz-target": "x" }, body: "{}" }).then((r) => r.status));
  await attempt(host + " beacon", async () => navigator.sendBeacon(url + invoke, "{}"));
  for (const policy of ["", "no-referrer"]) await attempt(host + " image", () => new Promise((done) => { const image = new Image(); image.referrerPolicy = policy; image.onload = image.onerror = () => done("sent"); image.src = url + "/?Action=GetCallerIdentity&Version=2011-06-15&x=" + policy; }));
  await attempt(host + " form", () => new Promise((done) => {
    const frame = Object.assign(document.createElement("iframe"), { name: "f" + Math.random() });
    document.body.append(frame);
    const form = Object.assign(document.createElement("form"), { method: "POST", action: url + invoke, enctype: "text/plain", target: frame.name });
    document.body.append(form);
    frame.onload = () => done("sent");
    setTimeout(() => done("timeout"), 1500);
    form.submit();
  }));
}
await attempt("read health", () => fetch("http://localhost:${port}/_evoke/health").then((r) => r.text()));
await fetch("/done", { method: "POST", body: JSON.stringify(out) });
</script><body>`;

test("a hostile page in Chromium reaches no operation; a page of an allowed origin does", { skip, timeout: 60_000 }, async (t) => {
  const { origin, visit } = await openSite(t);
  const { port, calls } = await openTestGateway(t, { allowedOrigins: "" });
  const out = await visit(attack(port));
  assert.deepEqual(calls.map(({ operation }) => operation), [], JSON.stringify(out));
  assert.equal(out["localhost CORS POST"], "TypeError");
  assert.equal(out["read health"], "TypeError");

  const allowed = await openTestGateway(t, { allowedOrigins: origin });
  const good = await visit(`<script type="module">
    const r = await fetch("http://localhost:${allowed.port}/2015-03-31/functions/f/invocations", { method: "POST", headers: { "x-amz-log-type": "None", "content-type": "application/json" }, body: '"hi"' }).catch((e) => ({ status: String(e), headers: new Map(), text: () => "" }));
    await fetch("/done", { method: "POST", body: JSON.stringify({ status: r.status, id: r.headers.get("x-amzn-requestid"), body: await r.text() }) });
  </script>`);
  assert.deepEqual([good.status, good.body], [200, '"hi"']);
  assert.match(good.id, /^[0-9a-f-]{36}$/);
});
