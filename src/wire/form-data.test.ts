// Forms with a file, cut into chunks wherever they may be cut, and forms that are none.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formOf } from "../../test/support/plain-http.ts";
import { boundaryOf, readFileForm } from "./form-data.ts";

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}
async function read(bytes: Uint8Array, size = 64, boundary = "----form") {
  const { fields, file, fileName } = await readFileForm(chunksOf(bytes, size), boundary);
  const kept: Uint8Array[] = [];
  for await (const chunk of file) kept.push(chunk);
  return { fields: Object.fromEntries(fields), fileName, bytes: Buffer.concat(kept) };
}
const code = (bytes: Uint8Array | string, size?: number) => read(Buffer.from(bytes), size).then(() => "read", (error: { code: string }) => error.code);

test("fields and file are the same however the body is cut", async () => {
  const bytes = Buffer.from("\r\n--\r\n----form\r\n------fork is no end\r\n------for\r\n\r\n");
  const { body } = formOf([["Key", "a/ü"], ["empty", ""], ["lines", "a\r\nb"]], { name: "résumé.txt", type: "text/plain", bytes });
  for (let size = 1; size <= body.length; size++) {
    const form = await read(body, size);
    assert.deepEqual([form.fields, form.fileName, form.bytes.toString()], [{ key: "a/ü", empty: "", lines: "a\r\nb" }, "résumé.txt", bytes.toString()], `chunks of ${size} bytes`);
  }
  assert.equal((await read(formOf({}, { bytes: "" }).body)).bytes.length, 0);
});

test("what stands before the first part and after the file is left out", async () => {
  const { body } = formOf({ key: "k" }, { name: "f", bytes: "x" });
  const form = await read(Buffer.concat([Buffer.from("preamble\r\n"), body.subarray(0, body.length - 4), Buffer.from('\r\nContent-Disposition: form-data; name="key"\r\n\r\nother\r\n------form--\r\nepilogue')]));
  assert.deepEqual([form.fields, form.bytes.toString()], [{ key: "k" }, "x"]);
});

test("names are read as browsers and curl write them", async () => {
  const named = async (line: string) => (await read(Buffer.from(`------form\r\ncontent-disposition:form-data; ${line}\r\nX: y\r\n\r\nx\r\n------form--\r\n`))).fileName;
  assert.equal(await named('name="file"; filename="a%22b.txt"'), 'a"b.txt');
  assert.equal(await named('name="file"; filename="a\\"b.txt"'), 'a"b.txt');
  assert.equal(await named("filename=bare.txt; name=file"), "bare.txt");
  assert.equal(await named('name="file"'), undefined);
});

test("a body that is no such form is refused, and so is one that ends too early or has too much before its file", async () => {
  const { body } = formOf({ key: "k" }, { name: "f", bytes: "x".repeat(50) });
  assert.equal(await code(""), "MalformedPOSTRequest");
  assert.equal(await code("{}"), "MalformedPOSTRequest");
  assert.equal(await code(body.subarray(0, 30)), "MalformedPOSTRequest");
  for (let end = 60; end < body.length - 2 - "\r\n------form--".length; end++) assert.equal(await code(body.subarray(0, end)), "MalformedPOSTRequest", `cut after ${end} bytes`);
  assert.equal(await code("------form\r\nContent-Type: text/plain\r\n\r\nx\r\n------form--\r\n"), "MalformedPOSTRequest");
  assert.equal(await code(formOf({ key: "k" }).body), "InvalidArgument");
  assert.equal(await code(formOf({ key: "k".repeat(21_000) }, { bytes: "x" }).body), "MaxPostPreDataLengthExceededError");
  assert.equal(await code("x".repeat(30_000)), "MaxPostPreDataLengthExceededError");
  assert.equal(await code(formOf(Array.from({ length: 400 }, (_, at): [string, string] => [`f${at}`, ""]), { bytes: "x" }).body), "MaxPostPreDataLengthExceededError");
});

test("a boundary is read from the header, in quotes or without", () => {
  assert.equal(boundaryOf("multipart/form-data; boundary=----x"), "----x");
  assert.equal(boundaryOf('Multipart/Form-Data; charset=utf-8; boundary="a b"'), "a b");
  assert.equal(boundaryOf("multipart/mixed; boundary=x"), undefined);
  assert.equal(boundaryOf("multipart/form-data"), undefined);
  assert.equal(boundaryOf(undefined), undefined);
});
