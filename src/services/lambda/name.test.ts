// The ways to name a function.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "../../kernel/call.ts";
import { resolveName, resolveUnqualified } from "./name.ts";

const call: Call = {
  account: "000000000000", region: "eu-west-1", requestId: "r", now: new Date(0), signal: new AbortController().signal, sourceIp: "127.0.0.1", userAgent: "",
  principal: { arn: "arn:aws:iam::000000000000:root", accountId: "000000000000", userId: "000000000000", accessKeyId: "k", verified: false },
};
const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:demo";

test("a function is found by bare name, name with qualifier, partial ARN and full ARN", () => {
  for (const name of ["demo", "function:demo", "000000000000:function:demo", "eu-west-1:000000000000:function:demo", ARN])
    assert.deepEqual(resolveName(name, undefined, call, "GetFunction"), { name: "demo", arn: ARN, id: "000000000000/eu-west-1/demo" });
  for (const name of ["demo:$LATEST", "000000000000:function:demo:$LATEST", `${ARN}:$LATEST`])
    assert.equal(resolveName(name, undefined, call, "GetFunction").qualifier, "$LATEST");
  assert.equal(resolveName("demo", "live", call, "GetFunction").qualifier, "live");
});

test("a qualifier in the name must agree with the one beside it", () => {
  assert.equal(resolveName("demo:live", "live", call, "GetFunction").qualifier, "live");
  assert.throws(() => resolveName("demo:live", "$LATEST", call, "GetFunction"), { name: "InvalidParameterValueException", message: "The derived qualifier from the function name does not match the specified qualifier." });
});

test("another region is not found, another account is not allowed", () => {
  assert.throws(() => resolveName(ARN.replace("eu-west-1", "us-east-2"), undefined, call, "GetFunction"), { name: "ResourceNotFoundException", message: "Functions from 'us-east-2' are not reachable in this region ('eu-west-1')" });
  assert.throws(() => resolveName(ARN.replace("000000000000", "111111111111"), undefined, call, "GetFunction"), { name: "AccessDeniedException", status: 403 });
});

test("a bare name has at most 64 characters, and operations on whole functions refuse a qualifier", () => {
  assert.throws(() => resolveName("a".repeat(65), undefined, call, "GetFunction"), /length less than or equal to 64/);
  assert.throws(() => resolveUnqualified("demo:1", call, "UpdateFunctionCode"), /Aliases and versions do not support this operation/);
});
