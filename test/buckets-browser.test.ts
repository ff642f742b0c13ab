// Web pages and buckets, in a real browser: a page that a bucket's rules admit uploads, reads and posts forms, and a page that none admit does nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { noChromium, openSite } from "./support/chromium.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { presigned } from "./support/presigned.ts";

const CREDENTIALS = { accessKeyId: "000000000000", secretAccessKey: "rootsecret" };
const clientOf = ({ url, clientConfig }: TestPlatform) => new S3({ ...clientConfig, endpoint: url.replace("127.0.0.1", "localhost"), credentials: CREDENTIALS, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" });

const script = (work: string) => `<!doctype html><body><script type="module">
  const out = {};
  const attempt = async (name, work) => { try { out[name] = await work(); } catch (error) { out[name] = error.name; } };
  const shown = (url) => new Promise((done) => { const image = new Image(); image.onload = () => done("shown"); image.onerror = () => done("not shown"); image.src = url; });
  const framed = (fill) => new Promise((done) => { const frame = document.createElement("iframe"); frame.name = "f" + Math.random(); document.body.append(frame); const timer = setTimeout(() => done("nothing came"), 1500); frame.onload = () => { clearTimeout(timer); done("loaded"); }; fill(frame); });
  const submit = (url, fields, bytes) => framed((frame) => {
    const form = Object.assign(document.createElement("form"), { method: "POST", action: url, enctype: "multipart/form-data", target: frame.name });
    for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    const file = Object.assign(document.createElement("input"), { type: "file", name: "file" });
    const list = new DataTransfer(); list.items.add(new File([bytes], "from a form.txt")); file.files = list.files;
    const button = Object.assign(document.createElement("input"), { type: "submit", name: "submit", value: "Upload" });
    form.append(file, button);
    document.body.append(form); form.requestSubmit(button);
  });
  ${work}
  await fetch("/done", { method: "POST", body: JSON.stringify(out) });
</script>`;
const PIXEL = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

for (const mode of ["development", "verified signatures"] as const) {
  test(`a page of another origin uploads with a presigned PUT, reads with GET and posts a form, with ${mode}`, { skip: noChromium, timeout: 60_000 }, async (t) => {
    const { origin, visit } = await openSite(t);
    await using evoke = await openTestPlatform(mode === "development" ? {} : { credentials: "000000000000:rootsecret" });
    const s3 = clientOf(evoke);
    t.after(() => s3.destroy());
    const Bucket = "uploads";
    await s3.createBucket({ Bucket });
    await s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: [{ AllowedOrigins: [origin], AllowedMethods: ["GET", "PUT", "POST"], AllowedHeaders: ["content-type", "x-amz-*"], ExposeHeaders: ["ETag"] }] } });
    await s3.putObject({ Bucket, Key: "pixel.png", Body: PIXEL, ContentType: "image/png" });
    const at = `${evoke.url.replace("127.0.0.1", "localhost")}/${Bucket}`;
    const put = await presigned(`${at}/put.txt`, "PUT", CREDENTIALS, { "content-type": "text/plain" });
    const get = await presigned(`${at}/put.txt`, "GET", CREDENTIALS);
    const pixel = await presigned(`${at}/pixel.png`, "GET", CREDENTIALS);
    const form = await createPresignedPost(s3, { Bucket, Key: "forms/${filename}" });
    const other = await createPresignedPost(s3, { Bucket, Key: "fetched/${filename}", Fields: { success_action_status: "201" } });
    const out = await visit(script(`
      await attempt("put", async () => { const r = await fetch(${JSON.stringify(put)}, { method: "PUT", headers: { "content-type": "text/plain" }, body: "from a page" }); return [r.status, r.headers.get("etag")]; });
      await attempt("get", async () => (await fetch(${JSON.stringify(get)})).text());
      await attempt("delete", async () => (await fetch(${JSON.stringify(get)}, { method: "DELETE" })).status);
      await attempt("image", () => shown(${JSON.stringify(pixel)}));
      await attempt("form", () => submit(${JSON.stringify(form.url)}, ${JSON.stringify(form.fields)}, "by a form"));
      await attempt("form data", async () => { const data = new FormData(); for (const [n, v] of Object.entries(${JSON.stringify(other.fields)})) data.append(n, v); data.append("file", new File(["by FormData"], "b.txt")); const r = await fetch(${JSON.stringify(other.url)}, { method: "POST", body: data }); return [r.status, (await r.text()).includes("<Key>fetched/b.txt</Key>")]; });
    `));
    assert.deepEqual({ ...out, put: out.put[0] }, { put: 200, get: "from a page", delete: "TypeError", image: "shown", form: out.form, "form data": [201, true] });
    assert.match(out.put[1], /^"[0-9a-f]{32}"$/);
    const text = async (Key: string) => (await s3.getObject({ Bucket, Key })).Body!.transformToString();
    assert.equal(await text("forms/from a form.txt"), "by a form");
    assert.equal(await text("fetched/b.txt"), "by FormData");
    assert.equal(await text("put.txt"), "from a page");
  });
}

test("a page that no rule admits gains nothing, and what it gets shown as a page reads nothing of Evoke's", { skip: noChromium, timeout: 60_000 }, async (t) => {
  const { origin, visit } = await openSite(t);
  await using evoke = await openTestPlatform();
  const s3 = clientOf(evoke);
  t.after(() => s3.destroy());
  const at = evoke.url.replace("127.0.0.1", "localhost");
  for (const Bucket of ["secrets", "opened"]) {
    await s3.createBucket({ Bucket });
    await s3.putObject({ Bucket, Key: "k", Body: PIXEL, ContentType: "image/png" });
  }
  // A page that is admitted to one bucket puts a page of its own there, and shows it: it must not run with Evoke's origin.
  await s3.putBucketCors({ Bucket: "opened", CORSConfiguration: { CORSRules: [{ AllowedOrigins: [origin], AllowedMethods: ["GET", "PUT", "POST", "DELETE", "HEAD"], AllowedHeaders: ["*"] }] } });
  const inside = `<script type="module">const out = [];
    for (const path of ["/_evoke/health", "/_evoke/outbox", "/secrets/k", "/secrets?list-type=2"]) await fetch(path).then((r) => r.text()).then((text) => out.push(path + ": " + text.slice(0, 50)), (error) => out.push(path + ": " + error.name));
    parent.postMessage({ out, origin: self.origin }, "*");</script>`;
  const out = await visit(script(`
    const at = ${JSON.stringify(at)};
    for (const path of ["/secrets/k", "/secrets?list-type=2", "/opened?policy", "/", "/_evoke/health"]) await attempt("fetch " + path, async () => (await fetch(at + path)).status);
    for (const method of ["PUT", "DELETE", "POST"]) await attempt(method + " /secrets/k", async () => (await fetch(at + "/secrets/k", { method, body: method === "DELETE" ? undefined : "x" })).status);
    await attempt("no-cors POST", () => fetch(at + "/secrets/", { method: "POST", mode: "no-cors", body: "x" }).then((r) => r.type));
    await attempt("image", () => shown(at + "/secrets/k"));
    await attempt("form", () => submit(at + "/secrets", { key: "stolen" }, "x").then(() => "sent"));
    await attempt("copy", async () => (await fetch(at + "/opened/stolen", { method: "PUT", headers: { "x-amz-copy-source": "/secrets/k" } })).status);
    await attempt("settings", async () => (await fetch(at + "/opened?policy", { method: "PUT", body: "{}" })).status);
    await attempt("bucket", async () => (await fetch(at + "/opened", { method: "DELETE" })).status);
    await attempt("own page", async () => (await fetch(at + "/opened/page.html", { method: "PUT", headers: { "content-type": "text/html" }, body: ${JSON.stringify(inside).replaceAll("</script>", "<\\/script>")} })).status);
    const said = new Promise((done) => { addEventListener("message", (event) => done(event.data)); setTimeout(() => done("nothing"), 3000); });
    await attempt("frame", () => framed((frame) => { frame.src = at + "/opened/page.html"; }));
    out.inside = await said;
  `));
  for (const [name, result] of Object.entries(out)) if (/^(fetch|PUT|DELETE|POST|copy|settings|bucket)/.test(name)) assert.ok(result === "TypeError" || (result === 403 && /opened|copy|settings|bucket/.test(name)), `${name}: ${String(result)}`);
  assert.deepEqual([out["image"], out["own page"]], ["not shown", 200]);
  assert.deepEqual(out["inside"], { origin: "null", out: ["/_evoke/health: TypeError", "/_evoke/outbox: TypeError", "/secrets/k: TypeError", "/secrets?list-type=2: TypeError"] });
  assert.deepEqual((await s3.listObjectsV2({ Bucket: "secrets" })).Contents?.map(({ Key }) => Key), ["k"]);
  assert.deepEqual((await s3.listObjectsV2({ Bucket: "opened" })).Contents?.map(({ Key }) => Key), ["k", "page.html"]);
});
