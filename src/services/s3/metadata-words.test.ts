// Metadata beyond ASCII: in words of RFC 2047, as recorded on AWS by LocalStack (test_user_metadata_rfc2047_encoded) and documented (UsingMetadata.html).
import assert from "node:assert/strict";
import { test } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
import { openTestPlatform } from "../../../test/support/platform.ts";
import { decodeWords, encodeWords } from "./metadata-words.ts";

test("words that come in a header are decoded before they are stored", () => {
  for (const [given, stored] of [["=?UTF-8?Q?actually-ascii?=", "actually-ascii"], ["=?UTF-8?B?YWJj?=", "abc"], ["=?utf-8?q?a_b=3D=C3=A9?=", "a b=é"], ["=?ISO-8859-1?Q?=E9?= and =?UTF-8?B?w6k=?= =?UTF-8?B?w6k=?=", "é and éé"], ["=?no-such-charset?Q?a?=", "=?no-such-charset?Q?a?="], ["=?UTF-8?B?", "=?UTF-8?B?"]] as const) assert.equal(decodeWords(given), stored);
});

test("what is not plain ASCII is shown in words: quoted where most is ASCII, Base64 otherwise", () => {
  for (const [stored, shown] of [
    ["test_—_file%E2%80%94_é_2?.pdf", "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=3F.pdf?="], ["ÄMÄZÕÑ S3", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="], ["\x00\x01\x02\x03", "=?UTF-8?B?AAECAw==?="],
    ["\ufffd".repeat(7), "=?UTF-8?B?77+977+977+977+977+977+977+9?="], ["!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\t", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\t"],
    // The guide's example: UTF-8 in a header is one character for each byte to S3.
    [Buffer.from("ÄMÄZÕÑ S3").toString("latin1"), "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="],
  ] as const) assert.equal(encodeWords(stored), shown);
  const long = encodeWords("Ünïcödé 👑 ".repeat(20));
  assert.ok(long.split(" ").every((word) => word.length <= 75), long);
  assert.equal(decodeWords(long), "Ünïcödé 👑 ".repeat(20));
});

test("the SDK's metadata beyond ASCII is taken and refused as AWS takes and refuses it", async (t) => {
  const platform = await openTestPlatform({ credentials: "000000000000:rootsecret" });
  const s3 = new S3({ ...platform.clientConfig, forcePathStyle: true, credentials: { accessKeyId: "000000000000", secretAccessKey: "rootsecret" } });
  t.after(async () => { s3.destroy(); await platform.close(); });
  await s3.createBucket({ Bucket: "words" });
  // aws/aws-sdk-js#1297, on AWS: the same character succeeds with bytes as the body and is a SignatureDoesNotMatch with a text, with which Node sends the headers as UTF-8.
  await s3.putObject({ Bucket: "words", Key: "k", Body: Buffer.from("x"), Metadata: { a: "héllo", b: "plain" } });
  assert.deepEqual((await s3.headObject({ Bucket: "words", Key: "k" })).Metadata, { a: "=?UTF-8?Q?h=C3=A9llo?=", b: "plain" });
  await assert.rejects(s3.putObject({ Bucket: "words", Key: "k", Body: "x", Metadata: { a: "héllo" } }), { name: "SignatureDoesNotMatch" });
  await s3.copyObject({ Bucket: "words", Key: "copy", CopySource: "words/k" });
  assert.deepEqual((await s3.headObject({ Bucket: "words", Key: "copy" })).Metadata, { a: "=?UTF-8?Q?h=C3=A9llo?=", b: "plain" });
});
