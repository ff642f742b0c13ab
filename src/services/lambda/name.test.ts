// The ways to name a function.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../../kernel/call.ts";
import { resolveName, resolveUnqualified } from "./name.ts";

const call: Call = {
  account: "000000000000", region: "eu-west-1", requestId: "r", now: new Date(0), signal: new AbortController().signal, sourceIp: "127.0.0.1", userAgent: "", host: "",
  principal: { arn: "arn:aws:iam::000000000000:root", accountId: "000000000000", userId: "000000000000", accessKeyId: "k", verified: false },
};
const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:demo";

test("a function is found by bare name, name with qualifier, partial ARN and full ARN", () => {
  for (const name of ["demo", "function:demo", "000000000000:function:demo", "eu-west-1:000000000000:function:demo", ARN])
    assert.deepEqual(resolveName(name, undefined, call), { name: "demo", arn: ARN, account: "000000000000", region: "eu-west-1", id: "000000000000/eu-west-1/demo" });
  for (const name of ["demo:$LATEST", "000000000000:function:demo:$LATEST", `${ARN}:$LATEST`])
    assert.equal(resolveName(name, undefined, call).qualifier, "$LATEST");
  assert.equal(resolveName("demo", "live", call).qualifier, "live");
});

test("a qualifier in the name must agree with the one beside it", () => {
  assert.equal(resolveName("demo:live", "live", call).qualifier, "live");
  assert.throws(() => resolveName("demo:live", "$LATEST", call), { name: "InvalidParameterValueException", message: "The derived qualifier from the function name does not match the specified qualifier." });
});

test("another region is not reachable, another account's function has its own place", () => {
  assert.throws(() => resolveName(ARN.replace("eu-west-1", "us-east-2"), undefined, call), { name: "ResourceNotFoundException", message: "Functions from 'us-east-2' are not reachable in this region ('eu-west-1')" });
  const theirs = ARN.replace("000000000000", "111111111111");
  assert.deepEqual(resolveName(theirs, undefined, call), { name: "demo", arn: theirs, account: "111111111111", region: "eu-west-1", id: "111111111111/eu-west-1/demo" });
});

test("operations on whole functions refuse a qualifier", () => {
  assert.throws(() => resolveUnqualified("demo:1", call), /Aliases and versions do not support this operation/);
});
