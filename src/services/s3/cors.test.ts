// A bucket's cross-origin rules, put by the real SDK client and met by requests as browsers send them. What AWS says is recorded: LocalStack's test_s3_cors.snapshot.json.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { S3, type CORSRule } from "@aws-sdk/client-s3";
import { plainHttp } from "../../../test/support/plain-http.ts";
import { openTestPlatform } from "../../../test/support/platform.ts";
import { presigned } from "../../../test/support/presigned.ts";

const strict = await openTestPlatform({ credentials: "000000000000:rootsecret" });
const s3 = new S3({ ...strict.clientConfig, forcePathStyle: true, credentials: { accessKeyId: "000000000000", secretAccessKey: "rootsecret" } });
const open = await openTestPlatform();
const openS3 = new S3({ ...open.clientConfig, forcePathStyle: true });
after(async () => { s3.destroy(); openS3.destroy(); await Promise.all([strict.close(), open.close()]); });

const ORIGIN = "https://localhost:4200";
let buckets = 0;
async function newBucket(client: S3, ...CORSRules: CORSRule[]): Promise<string> {
  const Bucket = `cors-${++buckets}`;
  await client.createBucket({ Bucket });
  await client.putObject({ Bucket, Key: "k", Body: "test-cors" });
  if (CORSRules.length > 0) await client.putBucketCors({ Bucket, CORSConfiguration: { CORSRules } });
  return Bucket;
}
async function makePublic(client: S3, Bucket: string): Promise<void> {
  await client.deletePublicAccessBlock({ Bucket });
  await client.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` }] }) });
}
/** Short texts alone. */
const cborOf = (members: Record<string, string>) => String.fromCharCode(0xa0 + Object.keys(members).length).concat(...Object.entries(members).flat().map((text) => String.fromCharCode(0x60 + text.length) + text));
const cors = (headers: Record<string, string | undefined>) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control-") || name === "vary"));
const elements = (xml: string) => Object.fromEntries([...xml.matchAll(/<(Code|Message|Method|ResourceType)>([^<]*)</g)].map(([, name, value]) => [name, value]));
const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
const NOT_ALLOWED = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";

test("rules come back as they were put, and are gone when deleted", async () => {
  const Bucket = await newBucket(s3);
  await assert.rejects(s3.getBucketCors({ Bucket }), { name: "NoSuchCORSConfiguration", message: "The CORS configuration does not exist" });
  const CORSRules: CORSRule[] = [{ ID: "one", AllowedHeaders: ["x-amz-expected-bucket-owner", "x-AMZ-*"], AllowedMethods: ["GET", "PUT", "HEAD"], AllowedOrigins: ["https://test.com", "http://*.test.com:80"], ExposeHeaders: ["ETag"], MaxAgeSeconds: 3000 }, { AllowedMethods: ["GET"], AllowedOrigins: ["*"] }];
  await s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules } });
  assert.deepEqual((await s3.getBucketCors({ Bucket })).CORSRules, CORSRules);
  await s3.deleteBucketCors({ Bucket });
  await s3.deleteBucketCors({ Bucket });
  await assert.rejects(s3.getBucketCors({ Bucket }), { name: "NoSuchCORSConfiguration" });
});

test("rules that are none are refused in AWS's words, and nothing is stored", async () => {
  const Bucket = await newBucket(s3);
  const refused = (rules: CORSRule[]) => s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: rules } }).then(() => "stored", ({ name, message }: Error) => `${name}: ${message}`);
  const rule = { AllowedMethods: ["GET"], AllowedOrigins: ["*"] };
  const malformed = "MalformedXML: The XML you provided was not well-formed or did not validate against our published schema";
  assert.equal(await refused([{ ...rule, AllowedMethods: ["MYMETHOD"] }]), "InvalidRequest: Found unsupported HTTP method in CORS config. Unsupported method is MYMETHOD");
  assert.equal(await refused([{ ...rule, AllowedOrigins: ["*example*.com"] }]), 'InvalidRequest: AllowedOrigin "*example*.com" can not have more than one wildcard.');
  assert.equal(await refused([{ ...rule, AllowedHeaders: ["*-*"] }]), 'InvalidRequest: AllowedHeader "*-*" can not have more than one wildcard.');
  assert.equal(await refused([{ ...rule, ExposeHeaders: ["x-amz-meta-*"] }]), 'InvalidRequest: ExposeHeader "x-amz-meta-*" contains wildcard. We currently do not support wildcard for ExposeHeader.');
  assert.equal(await refused(Array.from({ length: 101 }, () => rule)), "InvalidRequest: The number of CORS rules should not exceed allowed limit of 100 rules.");
  assert.equal(await refused([{ ...rule, AllowedOrigins: Array.from({ length: 3000 }, (_, at) => `https://${at}.a-long-name.example.com`) }]), "MaxMessageLengthExceeded: Your request was too big.");
  assert.equal(await refused([]), malformed);
  assert.equal(await refused([{ ...rule, AllowedOrigins: [] }]), malformed);
  assert.equal(await refused([{ ...rule, ExposeHeaders: ["a\r\nset-cookie: x"] }]), malformed);
  await assert.rejects(s3.getBucketCors({ Bucket }), { name: "NoSuchCORSConfiguration" });
});

test("a preflight is answered by the first rule it matches, at a path and at a host", async () => {
  const Bucket = await newBucket(s3, { AllowedMethods: ["PUT"], AllowedOrigins: ["https://*.put"] }, { AllowedHeaders: ["x-amz-Expected-*", "content-type"], AllowedMethods: ["GET", "PUT"], AllowedOrigins: [ORIGIN], ExposeHeaders: ["ETag", "x-amz-version-id"], MaxAgeSeconds: 3000 });
  const port = new URL(strict.url).port;
  const ask = (headers: Record<string, string>, at: "path" | "host" | "bucket" = "path") =>
    plainHttp(at === "host" ? `${strict.url}/k` : `${strict.url}/${Bucket}${at === "path" ? "/k" : ""}`, { method: "OPTIONS", headers: { ...headers, ...(at === "host" && { host: `${Bucket}.localhost:${port}` }) } });
  const preflight = { origin: ORIGIN, "access-control-request-method": "PUT" };
  for (const at of ["path", "host", "bucket"] as const) {
    const { status, headers, text } = await ask({ ...preflight, "access-control-request-headers": "X-Amz-Expected-Bucket-Owner,content-type" }, at);
    assert.deepEqual([status, text, headers["content-length"]], [200, "", "0"]);
    assert.deepEqual(cors(headers), {
      "access-control-allow-origin": ORIGIN, "access-control-allow-credentials": "true", "access-control-allow-methods": "GET, PUT", "access-control-allow-headers": "x-amz-expected-bucket-owner, content-type",
      "access-control-expose-headers": "ETag, x-amz-version-id", "access-control-max-age": "3000", vary: VARY,
    });
  }
  assert.equal((await ask({ origin: "https://a.put", "access-control-request-method": "PUT" })).headers["access-control-allow-origin"], "https://a.put");
  const refused = async (headers: Record<string, string>, at?: "bucket") => { const { status, text } = await ask(headers, at); return [status, elements(text)]; };
  const forbidden = (Method: string) => [403, { Code: "AccessForbidden", Message: NOT_ALLOWED, Method, ResourceType: "OBJECT" }];
  assert.deepEqual(await refused({ ...preflight, origin: "http://localhost:4200" }), forbidden("PUT"));
  assert.deepEqual(await refused({ ...preflight, "access-control-request-method": "DELETE" }), forbidden("DELETE"));
  assert.deepEqual(await refused({ ...preflight, "access-control-request-headers": "x-other" }), forbidden("PUT"));
  assert.deepEqual(await refused({}), [400, { Code: "BadRequest", Message: "Insufficient information. Origin request header needed." }]);
  assert.deepEqual(await refused({ origin: ORIGIN }), [400, { Code: "BadRequest", Message: "Invalid Access-Control-Request-Method: null" }]);
  await s3.deleteBucketCors({ Bucket });
  assert.deepEqual(await refused(preflight), [403, { Code: "AccessForbidden", Message: "CORSResponse: CORS is not enabled for this bucket.", Method: "PUT", ResourceType: "BUCKET" }]);
  assert.deepEqual(await refused({ origin: ORIGIN }, "bucket"), [403, { Code: "AccessForbidden", Message: "CORSResponse: CORS is not enabled for this bucket.", Method: "OPTIONS", ResourceType: "BUCKET" }]);
  const { status, text } = await plainHttp(`${strict.url}/no-such-bucket-here`, { method: "OPTIONS", headers: { origin: ORIGIN } });
  assert.deepEqual([status, elements(text)], [403, { Code: "AccessForbidden", Message: "CORSResponse: Bucket not found", Method: "OPTIONS", ResourceType: "BUCKET" }]);
});

test("with verified signatures answers are S3's own: what a rule does not admit comes without its headers, and errors have them, too", async () => {
  const Bucket = await newBucket(s3, { AllowedMethods: ["GET"], AllowedOrigins: [ORIGIN] });
  const get = (key: string, headers: Record<string, string>) => plainHttp(`${strict.url}/${Bucket}/${key}`, { headers });
  const matched = { "access-control-allow-origin": ORIGIN, "access-control-allow-credentials": "true", "access-control-allow-methods": "GET", vary: VARY };
  const closed = await get("k", { origin: ORIGIN });
  assert.deepEqual([closed.status, elements(closed.text), cors(closed.headers)], [403, { Code: "AccessDenied", Message: "Access Denied" }, matched]);
  await makePublic(s3, Bucket);
  const opened = await get("k", { origin: ORIGIN });
  assert.deepEqual([opened.status, opened.text, cors(opened.headers)], [200, "test-cors", matched]);
  const other = await get("k", { origin: "https://other.example" });
  assert.deepEqual([other.status, other.text, cors(other.headers)], [200, "test-cors", {}]);
  assert.deepEqual(cors((await get("k", {})).headers), {});
  await s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }] } });
  assert.deepEqual(cors((await get("k", { origin: "null" })).headers), { "access-control-allow-origin": "*", "access-control-allow-methods": "GET", vary: VARY });
});

test("who has not signed may do with objects what the policy opens to everybody, and nothing else", async () => {
  const Bucket = await newBucket(s3);
  await makePublic(s3, Bucket);
  const denied = async (path: string, more: Parameters<typeof plainHttp>[1] = {}) => { const { status, text } = await plainHttp(`${strict.url}${path}`, more); return `${status} ${elements(text)["Message"]}`; };
  assert.equal((await plainHttp(`${strict.url}/${Bucket}/k`)).text, "test-cors");
  for (const [path, more] of [[`/${Bucket}/k`, { method: "PUT", body: "mine" }], [`/${Bucket}/k`, { method: "DELETE" }], [`/${Bucket}`, {}], [`/${Bucket}?policy`, {}], [`/${Bucket}?cors`, { method: "DELETE" }], [`/${Bucket}`, { method: "DELETE" }], ["/another-bucket", { method: "PUT" }]] as const) {
    assert.equal(await denied(path, more), "403 Access Denied", `${path} ${JSON.stringify(more)}`);
  }
  await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: ["s3:GetObject", "s3:PutObject"], Resource: `arn:aws:s3:::${Bucket}/*` }] }) });
  assert.equal((await plainHttp(`${strict.url}/${Bucket}/mine`, { method: "PUT", body: "mine" })).status, 200);
  assert.equal(await denied(`/${Bucket}/mine`, { method: "PUT", body: "mine", headers: { "x-amz-tagging": "a=b" } }), "403 Access Denied");
  assert.equal(await denied(`/${Bucket}/k?response-content-type=text%2Fhtml`), "400 Request specific response headers cannot be used for anonymous GET requests.");
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: { RestrictPublicBuckets: true } });
  assert.equal(await denied(`/${Bucket}/k`), "403 Access Denied");
});

test("in development a rule admits a page to that bucket's objects and to nothing else", async () => {
  const Bucket = await newBucket(openS3, { AllowedMethods: ["GET", "PUT", "POST", "DELETE"], AllowedOrigins: [ORIGIN], AllowedHeaders: ["*"] });
  const secret = await newBucket(openS3);
  const page = (path: string, more: { method?: string; headers?: Record<string, string>; body?: string } = {}) => plainHttp(`${open.url}${path}`, { ...more, headers: { origin: ORIGIN, "sec-fetch-site": "cross-site", ...more.headers } });
  const put = await page(`/${Bucket}/made`, { method: "PUT", body: "by a page" });
  assert.deepEqual([put.status, put.headers["access-control-allow-origin"]], [200, ORIGIN]);
  assert.equal((await page(`/${Bucket}/made`)).text, "by a page");
  assert.equal((await page(`/${Bucket}?list-type=2`)).status, 200);
  assert.equal((await page(`/${Bucket}/copy`, { method: "PUT", headers: { "x-amz-copy-source": `/${Bucket}/made` } })).status, 200);
  const hostile: [string, Parameters<typeof page>[1]][] = [
    [`/${secret}/k`, {}], [`/${Bucket}/k`, { headers: { origin: "https://evil.example" } }], [`/${Bucket}/k`, { headers: { origin: `${ORIGIN}.evil.example` } }],
    [`/${Bucket}/stolen`, { method: "PUT", headers: { "x-amz-copy-source": `/${secret}/k` } }], [`/${Bucket}/stolen`, { method: "PUT", headers: { "x-amz-copy-source": `${secret}%2Fk` } }],
    [`/${Bucket}?policy`, { method: "PUT", body: "{}" }], [`/${Bucket}?cors`, { method: "DELETE" }], [`/${Bucket}?notification`, { method: "PUT", body: "<NotificationConfiguration/>" }], [`/${Bucket}?policy`, {}], [`/${Bucket}`, { method: "DELETE" }],
    ["/", {}], ["/new-bucket-of-mine", { method: "PUT" }],
    [`/${Bucket}/k`, { headers: { "x-amz-target": "AmazonSQS.ListQueues" } }],
    [`/${Bucket}/`, { method: "POST", headers: { authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/sqs/aws4_request, SignedHeaders=host, Signature=00", "x-amz-date": "20260101T000000Z", "x-amz-target": "AmazonSQS.ListQueues" }, body: "{}" }],
    [`/${Bucket}/k`, { headers: { authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/sts/aws4_request, SignedHeaders=host, Signature=00", "x-amz-date": "20260101T000000Z" } }],
    [`/${Bucket}/k?Action=GetCallerIdentity&Version=2011-06-15`, { headers: { authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3-object-lambda/aws4_request, SignedHeaders=host, Signature=00", "x-amz-date": "20260101T000000Z" } }],
    [`/${Bucket}/`, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "Action=GetCallerIdentity&Version=2011-06-15" }],
    [`/${Bucket}/k`, { headers: { host: "evil.example" } }], ["/k", { headers: { host: `${Bucket}.s3-object-lambda.eu-west-1.localhost` } }], ["/k", { headers: { host: `${Bucket}.s3-accesspoint.eu-west-1.localhost` } }],
    ["/_evoke/health", {}], ["/v20180820/accesspoint", { headers: { "x-amz-account-id": "000000000000" } }],
  ];
  for (const [path, more] of hostile) {
    const { status, text } = await page(path, more);
    assert.match(`${status} ${text}`, /^403 [^]*(may not call Evoke|does not answer to the host name)/, `${path} ${JSON.stringify(more)}`);
  }
  await assert.rejects(openS3.headObject({ Bucket, Key: "stolen" }), { name: "NotFound" });
  assert.equal((await openS3.getBucketCors({ Bucket })).CORSRules?.length, 1);
});

test("what a request is about is in its address, whatever protocol its headers name", async () => {
  const rule = { AllowedMethods: ["GET", "PUT", "POST"], AllowedOrigins: [ORIGIN], AllowedHeaders: ["*"] };
  const cbor = { "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" };
  const [Bucket, secret] = [await newBucket(openS3, rule), await newBucket(openS3)];
  for (const method of ["GET", "PUT", "POST"]) await plainHttp(`${open.url}/${Bucket}/operation/DeleteObject`, { method, headers: { origin: ORIGIN, "sec-fetch-site": "cross-site", ...cbor }, body: cborOf({ Bucket: secret, Key: "k" }) });
  assert.equal((await openS3.listObjectsV2({ Bucket: secret })).KeyCount, 1, "a page that a rule of one bucket admits does nothing in another");

  const kept = await newBucket(s3);
  const upload = await presigned(`${strict.url}/${kept}/operation/DeleteObject`, "PUT", { accessKeyId: "000000000000", secretAccessKey: "rootsecret" });
  assert.equal((await plainHttp(upload, { method: "PUT", headers: cbor, body: cborOf({ Bucket: kept, Key: "k" }) })).status, 200);
  assert.deepEqual((await s3.listObjectsV2({ Bucket: kept })).Contents?.map(({ Key }) => Key), ["k", "operation/DeleteObject"], "an address that was signed to put an object puts an object");
});

test("in development an image or a link shows objects to pages that a rule admits, and what everybody may read to all", async () => {
  const Bucket = await newBucket(openS3, { AllowedMethods: ["GET"], AllowedOrigins: [ORIGIN] });
  const image = async (headers: Record<string, string>, path = "k", method = "GET") => (await plainHttp(`${open.url}/${Bucket}/${path}`, { method, headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image", ...headers } })).status;
  assert.equal(await image({ referer: `${ORIGIN}/` }), 200);
  assert.equal(await image({ referer: "https://evil.example/" }), 403);
  assert.equal(await image({}), 403);
  assert.equal(await image({ referer: `${ORIGIN}/` }, "k", "DELETE"), 403);
  assert.equal(await image({ referer: `${ORIGIN}/` }, "k?tagging"), 403);
  await makePublic(openS3, Bucket);
  assert.equal(await image({}), 200);
  assert.equal(await image({}, "?list-type=2"), 403);
  assert.equal(await image({}, "k?versionId=null"), 403, "GetObject is not GetObjectVersion");
});

test("an object that a browser shows as a page has an origin of its own", async () => {
  const Bucket = await newBucket(openS3);
  await openS3.putObject({ Bucket, Key: "page", Body: "<script>fetch('/_evoke/health')</script>", ContentType: "text/html" });
  await openS3.putObject({ Bucket, Key: "trick", Body: "<script></script>", ContentType: "image/png, text/html" });
  await openS3.putObject({ Bucket, Key: "paper", Body: "%PDF", ContentType: "application/pdf" });
  const policy = async (key: string, headers: Record<string, string>) => (await plainHttp(`${open.url}/${Bucket}/${key}`, { headers })).headers["content-security-policy"];
  const visit = { "sec-fetch-site": "none", "sec-fetch-dest": "document", "sec-fetch-mode": "navigate" };
  assert.match((await policy("page", visit)) ?? "", /^sandbox (?!.*allow-same-origin)/);
  assert.match((await policy("trick", visit)) ?? "", /^sandbox/);
  assert.match((await policy("no-such-key", visit)) ?? "", /^sandbox/);
  assert.equal(await policy("paper", visit), undefined);
  assert.equal(await policy("page", {}), undefined);
});

test("only what is known to run nothing is shown with the origin of its address, and no page of that origin finds what a person opened in the browser's cache", async () => {
  const Bucket = await newBucket(openS3);
  const visit = { "sec-fetch-site": "none", "sec-fetch-dest": "document", "sec-fetch-mode": "navigate" };
  for (const ContentType of ["image/png", "image/jpeg; charset=x", "video/mp4", "application/pdf", "image/", "image/;", "image/*", "image/x+xml", "application/pdf+xml", "video/x", "image/ svg+xml", "image/png, text/html", "text/html"]) {
    await openS3.putObject({ Bucket, Key: "k", Body: "<script>", ContentType });
    const { headers } = await plainHttp(`${open.url}/${Bucket}/k`, { headers: visit });
    assert.equal(headers["content-security-policy"] === undefined, /^(image\/png|image\/jpeg; charset=x|video\/mp4|application\/pdf)$/.test(ContentType), ContentType);
    assert.equal(headers["vary"], "Sec-Fetch-Site");
  }
  // What a page fetches it may show later, from the browser's cache.
  const { headers } = await plainHttp(`${open.url}/${Bucket}/k`, { headers: { ...visit, "sec-fetch-dest": "empty", "sec-fetch-mode": "cors" } });
  assert.match(headers["content-security-policy"]!, /^sandbox/);
  const listed = await plainHttp(`${open.url}/2015-03-31/functions/`, { headers: visit });
  assert.deepEqual([listed.status, listed.headers["vary"]], [200, "Sec-Fetch-Site"]);
});

test("a preflight that asks for more headers than any browser does is refused, and costs nothing", async () => {
  const Bucket = await newBucket(openS3);
  await openS3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: [{ AllowedOrigins: ["*"], AllowedMethods: ["GET"], AllowedHeaders: [...Array.from({ length: 9000 }, (_, n) => n.toString(36)), "*z"] }] } });
  const ask = (count: number) => plainHttp(`${open.url}/${Bucket}/k`, { method: "OPTIONS", headers: { origin: ORIGIN, "access-control-request-method": "GET", "access-control-request-headers": Array.from({ length: count }, (_, n) => `${n.toString(36)}z`).join(",") } });
  assert.deepEqual([(await ask(100)).status, (await ask(101)).status], [200, 403]);
});

test("a page of --allowed-origins reaches every bucket, and is told what the bucket's rules say where they speak of it", async (t) => {
  const allowing = await openTestPlatform({ allowedOrigins: ORIGIN });
  const client = new S3({ ...allowing.clientConfig, forcePathStyle: true });
  t.after(async () => { client.destroy(); await allowing.close(); });
  const [plain, ruled] = [await newBucket(client), await newBucket(client, { AllowedMethods: ["GET"], AllowedOrigins: ["*"] })];
  const ask = (Bucket: string, method: string, headers: Record<string, string> = {}) => plainHttp(`${allowing.url}/${Bucket}/k`, { method, headers: { origin: ORIGIN, ...headers } });
  const preflight = { "access-control-request-method": "PUT", "access-control-request-headers": "x-any" };
  assert.deepEqual([(await ask(plain, "OPTIONS", preflight)).status, (await ask(ruled, "OPTIONS", preflight)).status], [204, 204]);
  assert.equal((await ask(ruled, "OPTIONS", { "access-control-request-method": "GET" })).headers["access-control-allow-origin"], "*");
  assert.deepEqual([(await ask(plain, "GET")).headers["access-control-allow-origin"], (await ask(ruled, "GET")).headers["access-control-allow-origin"]], [ORIGIN, "*"]);
  assert.equal((await ask(plain, "PUT")).status, 200);
});
