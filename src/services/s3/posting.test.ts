// Forms that upload objects, made by the published clients that make them, and by hand. What AWS answers is recorded: LocalStack's test_s3.snapshot.json, TestS3PresignedPost.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { after, test } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { SQS } from "@aws-sdk/client-sqs";
import { createPresignedPost, type PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import { formOf, plainHttp } from "../../../test/support/plain-http.ts";
import { openTestPlatform } from "../../../test/support/platform.ts";

const platform = await openTestPlatform({ credentials: "000000000000:rootsecret" });
const s3 = new S3({ ...platform.clientConfig, forcePathStyle: true, credentials: { accessKeyId: "000000000000", secretAccessKey: "rootsecret" } });
after(async () => { s3.destroy(); await platform.close(); });

let buckets = 0;
async function newBucket(): Promise<string> {
  const Bucket = `forms-${++buckets}`;
  await s3.createBucket({ Bucket });
  return Bucket;
}
type Fields = Record<string, string>;
const send = (url: string, fields: Fields, bytes: string | Uint8Array, file: { name?: string; type?: string } = { name: "photo.jpg" }) => plainHttp(url, { method: "POST", ...formOf(fields, { ...file, bytes }) });
/** With the SDK's own policy and signature; `change` comes after them. */
async function post(Bucket: string, Key: string, more: Partial<PresignedPostOptions> = {}, bytes: string | Uint8Array = "abcdef", change: Fields = {}) {
  const { url, fields } = await createPresignedPost(s3, { Bucket, Key, ...more });
  return send(url, { ...fields, ...change }, bytes);
}
const elements = (xml: string) => Object.fromEntries([...xml.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name, value]) => [name, value!.replaceAll("&quot;", '"')]));
const said = ({ status, text }: { status: number; text: string }) => { const { Code, Message } = elements(text); return `${status} ${Code}: ${Message}`; };
const text = async (Bucket: string, Key: string) => (await s3.getObject({ Bucket, Key })).Body!.transformToString();

test("a form that the SDK signed makes an object, with what its fields say", async () => {
  const Bucket = await newBucket();
  const Fields = { "Content-Type": "text/plain", "x-amz-meta-test-1": "one", "x-amz-meta-TEST-2": "two", "Cache-Control": "max-age=5", "x-amz-storage-class": "STANDARD_IA", "x-amz-server-side-encryption": "AES256", tagging: "<Tagging><TagSet><Tag><Key>Name</Key><Value>a b</Value></Tag></TagSet></Tagging>" };
  const answer = await post(Bucket, "folder/${filename}", { Fields, Conditions: [["starts-with", "$x-ignore-this", ""]] }, "abcdef", { "x-ignore-that": "x" });
  const etag = createHash("md5").update("abcdef").digest("hex");
  assert.deepEqual([answer.status, answer.text, answer.headers["etag"], answer.headers["location"]], [204, "", `"${etag}"`, `${platform.url}/${Bucket}/folder%2Fphoto.jpg`]);
  const head = await s3.headObject({ Bucket, Key: "folder/photo.jpg", ChecksumMode: "ENABLED" });
  assert.deepEqual([head.ContentType, head.Metadata, head.CacheControl, head.StorageClass, head.ContentLength, head.ChecksumType], ["text/plain", { "test-1": "one", "test-2": "two" }, "max-age=5", "STANDARD_IA", 6, "FULL_OBJECT"]);
  assert.ok(head.ChecksumCRC64NVME);
  assert.deepEqual((await s3.getObjectTagging({ Bucket, Key: "folder/photo.jpg" })).TagSet, [{ Key: "Name", Value: "a b" }]);
  await post(Bucket, "plain");
  assert.equal((await s3.headObject({ Bucket, Key: "plain" })).ContentType, "binary/octet-stream", "the file's own type is not the object's");
});

test("what comes back is as the form asks: 200, 201 with XML, 204, or a redirection", async () => {
  const Bucket = await newBucket();
  const with_ = (Fields: Fields) => post(Bucket, "a b&ü", { Fields });
  const location = `${platform.url}/${Bucket}/a%20b%26%C3%BC`;
  const made = await with_({ success_action_status: "201" });
  assert.deepEqual([made.status, made.headers["location"], made.headers["content-type"]], [201, location, "application/xml"]);
  assert.equal(made.text, `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>${location}</Location><Bucket>${Bucket}</Bucket><Key>a b&amp;ü</Key><ETag>&quot;${createHash("md5").update("abcdef").digest("hex")}&quot;</ETag></PostResponse>`);
  assert.deepEqual([(await with_({ success_action_status: "200" })).status, (await with_({ success_action_status: "404" })).status], [200, 204]);
  const redirect = await with_({ success_action_redirect: "http://localhost.test/random?x=1" });
  assert.deepEqual([redirect.status, redirect.headers["location"]], [303, `http://localhost.test/random?x=1&bucket=${Bucket}&key=a+b%26%C3%BC&etag=%22${createHash("md5").update("abcdef").digest("hex")}%22`]);
  assert.equal((await with_({ success_action_redirect: "not a url" })).status, 204);
});

test("a form that is not as its policy says is refused in AWS's words, and nothing is stored", async () => {
  const Bucket = await newBucket();
  const redirect = "http://localhost.test/random";
  const fields = { success_action_redirect: redirect };
  const failed = (condition: string) => `403 AccessDenied: Invalid according to Policy: Policy Condition failed: ${condition}`;
  const cases: [string, Parameters<typeof post>[2], string | undefined, Fields][] = [
    [failed('["eq", "$success_action_redirect", "http://localhost.test/random"]'), { Fields: fields }, "x", { success_action_redirect: "http://wrong.location/" }],
    [failed('["eq", "success_action_redirect", "http://localhost.test/random"]'), { Fields: fields, Conditions: [["eq", "success_action_redirect", redirect]] }, "x", {}],
    [failed('["starts-with", "$x-amz-meta-a", "b"]'), { Conditions: [["starts-with", "$x-amz-meta-a", "b"]] }, "x", {}],
    ["400 InvalidPolicyDocument: Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.", { Conditions: [{ bucket: Bucket, key: "k" }] }, "x", {}],
    ["403 AccessDenied: Invalid according to Policy: Extra input fields: x-amz-checksum-sha256", {}, "x", { "x-amz-checksum-sha256": "x" }],
    [failed('["content-length-range", "test", "10"]'), { Conditions: [["content-length-range", "test" as never, "10" as never]] }, "x", {}],
    ["400 EntityTooLarge: Your proposed upload exceeds the maximum allowed size", { Conditions: [["content-length-range", 5, 10]] }, "a".repeat(12), {}],
    ["400 EntityTooSmall: Your proposed upload is smaller than the minimum allowed size", { Conditions: [["content-length-range", 5, 10]] }, "a", {}],
    ["403 SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your key and signing method.", {}, "x", { Policy: Buffer.from("{}").toString("base64"), policy: Buffer.from("{}").toString("base64") }],
    ["403 SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your key and signing method.", {}, "x", { "X-Amz-Signature": "0".repeat(64) }],
    ["403 InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.", {}, "x", { "X-Amz-Credential": "AKIAOTHER00000000000/20260101/eu-west-1/s3/aws4_request" }],
    ["400 InvalidStorageClass: The storage class you specified is not valid", { Fields: { "x-amz-storage-class": "FakeClass" } }, "x", {}],
    ["400 MalformedXML: The XML you provided was not well-formed or did not validate against our published schema", { Fields: { tagging: "not-xml" } }, "x", {}],
    ["400 BadDigest: The SHA256 you specified did not match the calculated checksum.", { Fields: { "x-amz-checksum-sha256": createHash("sha256").update("other").digest("base64") } }, "x", {}],
  ];
  for (const [expected, more, bytes, change] of cases) assert.equal(said(await post(Bucket, "k", more, bytes, change)), expected);
  assert.equal(said(await post(Bucket, "folder/${filename}", {}, "x", { key: "other/${filename}" })), failed('["starts-with", "$key", "folder/"]'));
  const before = elements((await post(Bucket, "k", { Conditions: [["content-length-range", 5, 10]] }, "a".repeat(12))).text);
  assert.deepEqual([before["ProposedSize"], before["MaxSizeAllowed"]], ["12", "10"]);
  assert.equal((await s3.listObjectsV2({ Bucket })).KeyCount, 0);
});

/** As older programs do: Version 2, with whatever the policy says. */
function older(policy: object | string, secret = "rootsecret"): Fields {
  const text_ = Buffer.from(typeof policy === "string" ? policy : JSON.stringify(policy)).toString("base64");
  return { AWSAccessKeyId: "000000000000", policy: text_, signature: createHmac("sha1", secret).update(text_).digest("base64") };
}

test("a policy that cannot be read is refused, and one of Version 2 is taken", async () => {
  const Bucket = await newBucket();
  const url = `${platform.url}/${Bucket}`;
  const expiration = "2099-01-01T00:00:00Z";
  const conditions = [{ bucket: Bucket }, ["starts-with", "$KEY", "foo"]];
  const answer = async (policy: object | string) => said(await send(url, { key: "foo.txt", ...older(policy) }, "bar"));
  assert.equal((await send(url, { key: "foo.txt", ...older({ expiration, conditions }) }, "bar")).status, 204);
  assert.equal(await text(Bucket, "foo.txt"), "bar");
  assert.equal((await send(url, { key: "foo$.txt", ...older(`{"expiration":"${expiration}","conditions":[{"bucket":"${Bucket}"},["eq","\\$key","foo\\$.txt"]]}`) }, "bar")).status, 204);
  const invalid = (why: string) => `400 InvalidPolicyDocument: Invalid Policy: ${why}`;
  assert.equal(await answer({ conditions }), invalid("Policy missing expiration."));
  assert.equal(await answer({ expiration }), invalid("Policy missing conditions."));
  assert.equal(await answer({ expiration: "tomorrow", conditions }), invalid("Invalid 'expiration' value: 'tomorrow'"));
  for (const odd of [{ toString: 1, valueOf: 1 }, JSON.parse("[".repeat(6000) + "]".repeat(6000))]) {
    assert.equal(await answer({ expiration: odd, conditions }), invalid(`Invalid 'expiration' value: '${Array.isArray(odd) ? "[]" : "{}"}'`));
    assert.match(await answer({ expiration, conditions: [["content-length-range", odd, 1]] }), /^403 AccessDenied: Invalid according to Policy: Policy Condition failed: \["content-length-range", (\[\]|\{\}), 1\]$/);
  }
  assert.equal(await answer({ expiration, conditions: [{}] }), invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."));
  assert.equal(await answer({ expiration, conditions: [["content-length-range", 0]] }), invalid("Invalid content-length-range: wrong number of arguments."));
  assert.equal(await answer("not json"), invalid("Invalid JSON."));
  assert.equal(await answer({ expiration: "2020-01-01T00:00:00Z", conditions }), "403 AccessDenied: Invalid according to Policy: Policy expired.");
  assert.equal(await answer({ expiration, conditions: conditions.slice(1) }), "403 AccessDenied: Invalid according to Policy: Extra input fields: bucket");
  assert.equal(await answer({ expiration, conditions: [{ bucket: "another" }, conditions[1]] }), '403 AccessDenied: Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "another"]');
  assert.equal(said(await send(url, { key: "foo.txt", ...older({ expiration, conditions }, "another secret") }, "bar")), "403 SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your key and signing method.");
});

test("a form that is half signed, has no key or no file, or is no form, is refused in AWS's words", async () => {
  const Bucket = await newBucket();
  const { url, fields } = await createPresignedPost(s3, { Bucket, Key: "k" });
  const without = (...names: string[]) => Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
  const lacks = (name: string) => `400 InvalidArgument: Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`;
  assert.equal(said(await send(url, without("X-Amz-Signature"), "x")), lacks("X-Amz-Signature"));
  assert.equal(said(await send(url, without("X-Amz-Algorithm"), "x")), lacks("X-Amz-Algorithm"));
  assert.equal(said(await send(url, without("key"), "x")), lacks("key"));
  assert.equal(said(await send(url, { key: "k", Policy: fields["Policy"]! }, "x")), "403 AccessDenied: Access Denied");
  assert.equal(said(await plainHttp(url, { method: "POST", ...formOf(fields) })), "400 InvalidArgument: POST requires exactly one file upload per request.");
  assert.equal(said(await send(url, { ...fields, "x-ignore-a": "a".repeat(21_000) }, "x")), "400 MaxPostPreDataLengthExceededError: Your POST request fields preceding the upload file were too large.");
  const html = await plainHttp(url, { method: "POST", headers: { "content-type": "text/html" }, body: "x" });
  assert.deepEqual([said(html), elements(html.text)["Condition"]], ["412 PreconditionFailed: At least one of the pre-conditions you specified did not hold", "Bucket POST must be of the enclosure-type multipart/form-data"]);
  const { headers, body } = formOf(fields, { name: "f", bytes: "x".repeat(100) });
  assert.equal(said(await plainHttp(url, { method: "POST", headers, body: body.subarray(0, body.length - 60) })), "400 MalformedPOSTRequest: The body of your POST request is not well-formed multipart/form-data.");
  assert.equal(said(await send(`${platform.url}/no-such-bucket-here`, { key: "k" }, "x")), "404 NoSuchBucket: The specified bucket does not exist");
  assert.equal((await s3.listObjectsV2({ Bucket })).KeyCount, 0);
});

test("a form that nobody signed does what the bucket's policy opens to everybody", async () => {
  const Bucket = await newBucket();
  const url = `${platform.url}/${Bucket}`;
  assert.equal(said(await send(url, { key: "k" }, "x")), "403 AccessDenied: Access Denied");
  await s3.deletePublicAccessBlock({ Bucket });
  await s3.putBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:PutObject", Resource: `arn:aws:s3:::${Bucket}/inbox/*` }] }) });
  assert.equal((await send(url, { key: "inbox/${filename}", "Content-Type": "text/plain" }, "x", { name: "C:\\Users\\me\\notes.txt" })).status, 204);
  assert.equal(await text(Bucket, "inbox/notes.txt"), "x");
  assert.equal((await send(url, { key: "inbox/${filename}" }, "y", {})).status, 204);
  assert.equal(await text(Bucket, "inbox/${filename}"), "y", "recorded: of a file without a name the variable stays");
  assert.equal(said(await send(url, { key: "elsewhere" }, "x")), "403 AccessDenied: Access Denied");
  assert.equal(said(await send(url, { key: "inbox/k", tagging: "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>" }, "x")), "403 AccessDenied: Access Denied");
});

test("metadata of a form is UTF-8, and comes back in words of RFC 2047", async () => {
  const Bucket = await newBucket();
  const answer = await post(Bucket, "test_unicode—_file.pdf", { Fields: {
    "Content-Disposition": 'filename="test_—_file%E2%80%94_é_2-.pdf"', "Cache-Control": "non-ascii-%E2%80%94_—_é_", "x-amz-meta-nonascii": "ÄMÄZÕÑ S3", "x-amz-meta-nonascii-2": "test_—_file%E2%80%94_é_2👑.pdf",
    "x-amz-meta-utf-8": "\x00\x01\x02\x03\x04", "x-amz-meta-q-encoded": "=?UTF-8?Q?actually-ascii?=", "x-amz-meta-b-encoded": "=?UTF-8?B?YWJj?=",
  } });
  assert.equal(answer.status, 204);
  const head = await s3.headObject({ Bucket, Key: "test_unicode—_file.pdf" });
  assert.deepEqual(head.Metadata, {
    "b-encoded": "=?UTF-8?B?YWJj?=", nonascii: "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=", "nonascii-2": "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=F0=9F=91=91.pdf?=",
    "q-encoded": "=?UTF-8?Q?actually-ascii?=", "utf-8": "=?UTF-8?B?AAECAwQ=?=",
  });
  assert.deepEqual([head.CacheControl, head.ContentDisposition], ["non-ascii-%E2%80%94_ _é_", 'filename="test_ _file%E2%80%94_é_2-.pdf"']);
});

test("metadata whose name no header can have is refused, and nothing is stored", async () => {
  const Bucket = await newBucket();
  for (const name of ["a b", "ü", "a:b", "a\tb", ""]) {
    const { url, fields } = await createPresignedPost(s3, { Bucket, Key: "k", Conditions: [["eq", `$x-amz-meta-${name}`, "v"]] });
    assert.equal(said(await send(url, { ...fields, [`x-amz-meta-${name}`]: "v" }, "x")), "400 InvalidArgument: The name of a field of metadata must be one that a header can have.", name);
  }
  assert.equal((await s3.listObjectsV2({ Bucket })).KeyCount, 0);
});

test("a large file streams, its delimiter wherever it falls, and what follows it is ignored", async () => {
  const Bucket = await newBucket();
  const { url, fields } = await createPresignedPost(s3, { Bucket, Key: "large" });
  const bytes = Buffer.alloc(3_000_000, "0123456789\r\n--\r\n----form\r\n");
  const { headers, body } = formOf(fields, { name: "f", bytes });
  const more = Buffer.concat([body.subarray(0, body.length - 4), Buffer.from('\r\nContent-Disposition: form-data; name="submit"\r\n\r\nUpload\r\n------form--\r\n')]);
  assert.equal((await plainHttp(url, { method: "POST", headers, body: more })).status, 204);
  assert.ok(bytes.equals(await (await s3.getObject({ Bucket, Key: "large" })).Body!.transformToByteArray()));
});

test("a form does what its signer may, and tells of the object as ObjectCreated:Post", async (t) => {
  const enforcing = await openTestPlatform({ credentials: "000000000000:rootsecret", iam: "enforce" });
  const config = { ...enforcing.clientConfig, credentials: { accessKeyId: "000000000000", secretAccessKey: "rootsecret" } };
  const [root, iam, sqs] = [new S3({ ...config, forcePathStyle: true }), new IAM(config), new SQS(config)];
  t.after(async () => { for (const client of [root, iam, sqs]) client.destroy(); await enforcing.close(); });
  await root.createBucket({ Bucket: "inbox", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  await iam.createUser({ UserName: "ann" });
  await iam.putUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:PutObject", Resource: "arn:aws:s3:::inbox/ann/*" }] }) });
  const { AccessKey } = await iam.createAccessKey({ UserName: "ann" });
  const ann = new S3({ ...config, forcePathStyle: true, credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! } });
  t.after(() => ann.destroy());
  const arn = "arn:aws:sqs:eu-west-1:000000000000:heard";
  const { QueueUrl } = await sqs.createQueue({ QueueName: "heard", Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arn }] }) } });
  await root.putBucketNotificationConfiguration({ Bucket: "inbox", NotificationConfiguration: { QueueConfigurations: [{ QueueArn: arn, Events: ["s3:ObjectCreated:Post"] }] }, SkipDestinationValidation: true });

  const submit = async (Key: string, Fields: Fields = {}) => { const { url, fields } = await createPresignedPost(ann, { Bucket: "inbox", Key, Fields }); return send(url, fields, "x"); };
  assert.equal((await submit("ann/a b")).status, 204);
  assert.match(said(await submit("bob/a")), /^403 AccessDenied: User: arn:aws:iam::000000000000:user\/ann is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::inbox\/bob\/a /);
  assert.match(said(await submit("ann/a", { tagging: "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>" })), /not authorized to perform: s3:PutObjectTagging /);
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10, MaxNumberOfMessages: 10 });
  const [record, ...more] = Messages.flatMap(({ Body }) => JSON.parse(Body!).Records);
  assert.deepEqual([record.eventName, record.s3.object.key, record.s3.object.size, more.length], ["ObjectCreated:Post", "ann/a+b", 1, 0]);
});
