// Buckets as websites: configured by the real SDK client, visited by host name. What AWS answers is recorded: LocalStack's test_s3.snapshot.json, TestS3StaticWebsiteHosting.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { S3, type WebsiteConfiguration } from "@aws-sdk/client-s3";
import { plainHttp } from "../../../test/support/plain-http.ts";
import { openTestPlatform } from "../../../test/support/platform.ts";

const platform = await openTestPlatform({ credentials: "000000000000:rootsecret" });
const s3 = new S3({ ...platform.clientConfig, forcePathStyle: true, credentials: { accessKeyId: "000000000000", secretAccessKey: "rootsecret" } });
after(async () => { s3.destroy(); await platform.close(); });

const INDEX: WebsiteConfiguration = { IndexDocument: { Suffix: "index.html" } };
const WITH_ERROR: WebsiteConfiguration = { ...INDEX, ErrorDocument: { Key: "error.html" } };
let buckets = 0;
interface Site { Bucket: string; host: string; visit(path: string, headers?: Record<string, string>, method?: string): ReturnType<typeof plainHttp>; put(Key: string, Body: string, more?: object): Promise<unknown> }

async function newSite(configuration?: WebsiteConfiguration, actions = ["s3:GetObject", "s3:ListBucket"]): Promise<Site> {
  const Bucket = `site-${++buckets}`;
  await s3.createBucket({ Bucket });
  if (configuration) await s3.putBucketWebsite({ Bucket, WebsiteConfiguration: configuration });
  await s3.deletePublicAccessBlock({ Bucket });
  const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
  if (actions.length > 0) await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: actions, Resource }] }) });
  const host = `${Bucket}.s3-website-eu-west-1.localhost:${new URL(platform.url).port}`;
  return {
    Bucket, host,
    visit: (path, headers = {}, method = "GET") => plainHttp(`${platform.url}${path}`, { method, headers: { host, ...headers } }),
    put: (Key, Body, more = {}) => s3.putObject({ Bucket, Key, Body, ContentType: "text/html", ...more }),
  };
}
/** The page without what is different each time. */
const page = (text: string) => text.replace(/<li>(RequestId|HostId): [^<]+<\/li>\n/g, "");
const pageOf = (title: string, lines: string[], nested = "") => `<html>\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n<ul>\n${lines.map((line) => `<li>${line}</li>\n`).join("")}</ul>\n${nested}<hr/>\n</body>\n</html>\n`;
const notFound = (key: string, nested = "") => pageOf("404 Not Found", ["Code: NoSuchKey", "Message: The specified key does not exist.", `Key: ${key}`], nested);
const forbidden = pageOf("403 Forbidden", ["Code: AccessDenied", "Message: Access Denied"]);

test("a configuration comes back as it was put, and one that is none is refused in AWS's words", async () => {
  const { Bucket } = await newSite();
  await assert.rejects(s3.getBucketWebsite({ Bucket }), { name: "NoSuchWebsiteConfiguration", message: "The specified bucket does not have a website configuration" });
  const full: WebsiteConfiguration = { ...WITH_ERROR, RoutingRules: [{ Condition: { KeyPrefixEquals: "docs/", HttpErrorCodeReturnedEquals: "404" }, Redirect: { HostName: "example.com", HttpRedirectCode: "302", Protocol: "https", ReplaceKeyPrefixWith: "" } }] };
  await s3.putBucketWebsite({ Bucket, WebsiteConfiguration: full });
  const { $metadata: _, ...got } = await s3.getBucketWebsite({ Bucket });
  assert.deepEqual(got, full);
  await s3.deleteBucketWebsite({ Bucket });
  await s3.deleteBucketWebsite({ Bucket });
  const refused = (WebsiteConfiguration: WebsiteConfiguration) => s3.putBucketWebsite({ Bucket, WebsiteConfiguration }).then(() => "stored", ({ name, message }: Error) => `${name}: ${message}`);
  const rule = (Redirect: object, Condition?: object) => ({ ...INDEX, RoutingRules: [{ Redirect, ...(Condition && { Condition }) }] });
  assert.equal(await refused({ IndexDocument: { Suffix: "/index.html" } }), "InvalidArgument: The IndexDocument Suffix is not well formed");
  assert.equal(await refused({ IndexDocument: { Suffix: "" } }), "InvalidArgument: The IndexDocument Suffix is not well formed");
  assert.equal(await refused({ RedirectAllRequestsTo: { HostName: "test" }, IndexDocument: { Suffix: "/index.html" } }), "InvalidArgument: RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.");
  assert.equal(await refused({ ErrorDocument: { Key: "/index.html" } }), "InvalidArgument: A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty");
  assert.equal(await refused(rule({ Protocol: "protocol" })), "InvalidRequest: Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.");
  assert.equal(await refused(rule({ ReplaceKeyPrefixWith: "prefix", ReplaceKeyWith: "key-name" })), "InvalidRequest: You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
  assert.equal(await refused(rule({ ReplaceKeyPrefixWith: "prefix" }, {})), "InvalidRequest: Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.");
  assert.equal(await refused({ ...INDEX, RoutingRules: [] }), "MalformedXML: The XML you provided was not well-formed or did not validate against our published schema");
  assert.equal(await refused(rule({ HttpRedirectCode: "300" })), "InvalidRequest: The provided HTTP redirect code (300) is not valid. Valid codes are 3XX except 300.");
  assert.equal(await refused(rule({ HostName: "x" }, { HttpErrorCodeReturnedEquals: "302" })), "InvalidRequest: The provided HTTP error code (302) is not valid. Valid codes are 4XX or 5XX.");
  assert.equal(await refused({ ...INDEX, RoutingRules: Array.from({ length: 51 }, () => ({ Redirect: { HostName: "x" } })) }), "InvalidRequest: 51 routing rules provided, the number of routing rules in a website configuration is limited to 50.");
  assert.equal(await refused({ RedirectAllRequestsTo: { HostName: "a\r\nb" } }), "MalformedXML: The XML you provided was not well-formed or did not validate against our published schema");
  await assert.rejects(s3.getBucketWebsite({ Bucket }), { name: "NoSuchWebsiteConfiguration" });
});

test("a website serves its objects and index documents, by every form of its host name", async () => {
  const { Bucket, visit, put } = await newSite(WITH_ERROR);
  await put("index.html", "home");
  await put("docs/index.html", "docs");
  await put("a b+ü.js", "some js", { ContentType: "application/javascript; charset=utf-8", CacheControl: "max-age=60", Metadata: { colour: "red" } });
  const port = new URL(platform.url).port;
  for (const host of [`${Bucket}.s3-website.localhost:${port}`, `${Bucket}.s3-website-us-east-1.amazonaws.com`, `${Bucket}.s3-website.eu-west-1.amazonaws.com`, `${Bucket}.s3-website-eu-west-1.localhost:${port}`]) assert.equal((await visit("/", { host })).text, "home", host);
  const script = await visit(`/${encodeURIComponent("a b+ü.js")}?v=1`);
  assert.deepEqual([script.status, script.text, script.headers["content-type"], script.headers["cache-control"], script.headers["x-amz-meta-colour"]], [200, "some js", "application/javascript; charset=utf-8", "max-age=60", "red"]);
  const folder = await visit("/docs");
  assert.deepEqual([folder.status, folder.headers["location"], folder.text], [302, "/docs/", ""]);
  assert.equal((await visit("/docs/")).text, "docs");
  await put("/evil.example/index.html", "a key that begins with a slash");
  const slash = (await visit("//evil.example")).headers["location"]!;
  assert.deepEqual([slash, (await visit(slash)).text], ["/%2Fevil.example/", "a key that begins with a slash"], "no other host");
  const head = await visit("/", {}, "HEAD");
  assert.deepEqual([head.status, head.text, head.headers["content-length"]], [200, "", "4"]);
  for (const path of ["/_evoke/health", "/_evoke/url/0", "/2015-03-31/functions"]) assert.match((await visit(path)).text, /<li>Code: (NoSuchKey|AccessDenied)/, `the host name reaches the website and nothing behind it: ${path}`);
  for (const host of [`${Bucket}.s3-website.evil.example`, `${Bucket}.s3-website-eu-west-1.localhost.evil.example:${port}`]) assert.equal((await visit("/", { host })).status, 403, "no page's own name leads here");
});

test("conditions and ranges count as they do at the bucket", async () => {
  const { visit, put } = await newSite(INDEX);
  await put("k", "0123456789");
  const { etag, "last-modified": modified } = (await visit("/k")).headers;
  assert.equal((await visit("/k", { "if-none-match": etag! })).status, 304);
  assert.equal((await visit("/k", { "if-modified-since": modified! })).status, 304);
  const part = await visit("/k", { range: "bytes=2-4" });
  assert.deepEqual([part.status, part.text, part.headers["content-range"]], [206, "234", "bytes 2-4/10"]);
  assert.match((await visit("/k", { "if-match": '"other"' })).text, /<h1>412 Precondition Failed<\/h1>/);
  assert.match((await visit("/k", { range: "bytes=20-" })).text, /<h1>416 Requested Range Not Satisfiable<\/h1>/);
});

test("what is not there is said in AWS's pages, or by the error document with the error's status", async () => {
  const { Bucket, visit, put } = await newSite(INDEX);
  const missing = await visit("/");
  assert.deepEqual([missing.status, page(missing.text), missing.headers["content-type"], missing.headers["x-amz-error-code"]], [404, notFound("index.html"), "text/html; charset=utf-8", "NoSuchKey"]);
  assert.equal(page((await visit("/directory-wrong")).text), notFound("directory-wrong"));
  assert.equal(page((await visit("/directory-wrong/")).text), notFound("directory-wrong/index.html"));
  assert.equal(page((await visit("/%3Cscript%3E")).text), notFound("&lt;script&gt;"));
  assert.equal((await visit("/%zz")).status, 400);
  await s3.putBucketWebsite({ Bucket, WebsiteConfiguration: WITH_ERROR });
  const nested = "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n<li>Code: NoSuchKey</li>\n<li>Message: The specified key does not exist.</li>\n<li>Key: error.html</li>\n</ul>\n";
  assert.equal(page((await visit("/")).text), notFound("index.html", nested));
  await put("error.html", "sorry");
  const document = await visit("/something");
  assert.deepEqual([document.status, document.text, document.headers["content-type"]], [404, "sorry", "text/html"]);
  for (const method of ["POST", "DELETE", "PUT"]) {
    const refused = await visit("/", {}, method);
    assert.deepEqual([refused.status, page(refused.text)], [405, pageOf("405 Method Not Allowed", ["Code: MethodNotAllowed", "Message: The specified method is not allowed against this resource.", `Method: ${method}`, "ResourceType: OBJECT"])]);
  }
  const none = await newSite();
  assert.equal(page((await none.visit("/actual/key.html")).text), pageOf("404 Not Found", ["Code: NoSuchWebsiteConfiguration", "Message: The specified bucket does not have a website configuration", `BucketName: ${none.Bucket}`]));
  assert.equal(page((await visit("/", { host: "non-existent-bucket.s3-website-eu-west-1.localhost" })).text), pageOf("404 Not Found", ["Code: NoSuchBucket", "Message: The specified bucket does not exist", "BucketName: non-existent-bucket"]));
});

test("a website shows what its bucket's policy opens to everybody, in development as elsewhere", async () => {
  const closed = await newSite(INDEX, []);
  await closed.put("index.html", "secret");
  const refused = await closed.visit("/");
  assert.deepEqual([refused.status, page(refused.text)], [403, forbidden]);
  const noList = await newSite(INDEX, ["s3:GetObject"]);
  await noList.put("index.html", "home");
  await noList.put("docs/index.html", "docs");
  assert.equal((await noList.visit("/docs")).headers["location"], "/docs/");
  assert.equal((await noList.visit("/")).text, "home");
  assert.equal(page((await noList.visit("/missing")).text), forbidden, "who may not list is not told what is missing");
  await s3.putPublicAccessBlock({ Bucket: noList.Bucket, PublicAccessBlockConfiguration: { RestrictPublicBuckets: true } });
  assert.equal((await noList.visit("/")).status, 403);

  await using open = await openTestPlatform();
  const mine = new S3({ ...open.clientConfig, forcePathStyle: true });
  await mine.createBucket({ Bucket: "mine" });
  await mine.putBucketWebsite({ Bucket: "mine", WebsiteConfiguration: INDEX });
  await mine.putObject({ Bucket: "mine", Key: "index.html", Body: "secret" });
  assert.equal((await plainHttp(open.url, { headers: { host: "mine.s3-website.localhost", authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=00" } })).status, 403);
  mine.destroy();
});

test("routing rules redirect by prefix before an object is looked for, and by status after", async () => {
  const { host, visit, put } = await newSite({ ...WITH_ERROR, RoutingRules: [
    { Condition: { KeyPrefixEquals: "both/", HttpErrorCodeReturnedEquals: "404" }, Redirect: { ReplaceKeyWith: "both.html" } },
    { Condition: { KeyPrefixEquals: "host/" }, Redirect: { HostName: "random-hostname" } },
    { Condition: { KeyPrefixEquals: "replace/" }, Redirect: { ReplaceKeyPrefixWith: "replaced/" } },
    { Condition: { KeyPrefixEquals: "empty/" }, Redirect: { ReplaceKeyPrefixWith: "" } },
    { Condition: { KeyPrefixEquals: "protocol/" }, Redirect: { Protocol: "https" } },
    { Condition: { KeyPrefixEquals: "code/" }, Redirect: { HttpRedirectCode: "307" } },
    { Condition: { KeyPrefixEquals: "index" }, Redirect: { ReplaceKeyWith: "redirected.html" } },
    { Condition: { HttpErrorCodeReturnedEquals: "404" }, Redirect: { ReplaceKeyWith: "not found.html" } },
  ] });
  await put("index.html", "home");
  await put("error.html", "sorry");
  await put("host/key", "never shown", { WebsiteRedirectLocation: "/elsewhere" });
  const redirect = async (path: string) => { const { status, headers } = await visit(path); return `${status} ${headers["location"]}`; };
  assert.equal(await redirect("/both/"), `301 http://${host}/both.html`);
  assert.equal(await redirect("/host/key"), "301 http://random-hostname/host/key");
  assert.equal(await redirect("/replace/a%20b/%C3%BC?q=1"), `301 http://${host}/replaced/a%20b/%C3%BC?q=1`);
  assert.equal(await redirect("/empty/test.html"), `301 http://${host}/test.html`);
  assert.equal(await redirect("/protocol/key"), `301 https://${host}/protocol/key`);
  assert.equal(await redirect("/code/key"), `307 http://${host}/code/key`);
  assert.equal(await redirect("/non-existent"), `301 http://${host}/not%20found.html`);
  assert.equal((await visit("/")).text, "home", "a prefix is one of the path, not of the index document");
});

test("an object can be a redirection, and so can a whole bucket", async () => {
  const { Bucket, visit, put } = await newSite(WITH_ERROR);
  await put("index.html", "", { WebsiteRedirectLocation: "/another/index.html" });
  await put("error.html", "shown nowhere", { WebsiteRedirectLocation: "https://example.com/error" });
  assert.deepEqual([(await visit("/")).status, (await visit("/")).headers["location"]], [301, "/another/index.html"]);
  assert.deepEqual([(await visit("/missing")).status, (await visit("/missing")).headers["location"]], [301, "https://example.com/error"]);
  await assert.rejects(put("bad", "", { WebsiteRedirectLocation: "javascript:alert(1)" }), { name: "InvalidRedirectLocation" });
  await s3.putBucketWebsite({ Bucket, WebsiteConfiguration: { RedirectAllRequestsTo: { HostName: "example.com", Protocol: "https" } } });
  const all = await visit("/a/b?c=d");
  assert.deepEqual([all.status, all.headers["location"]], [301, "https://example.com/a/b?c=d"]);
});
