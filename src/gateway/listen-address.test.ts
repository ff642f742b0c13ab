// Where Evoke may listen, and how configured credentials are read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { configuredKeys, iamModeOf, whyNotToListen } from "./listen-address.ts";

test("without credentials only loopback is listened on", () => {
  for (const host of ["127.0.0.1", "127.8.8.8", "::1", "localhost"]) assert.equal(whyNotToListen({ host, credentials: "", iam: "auto" }), undefined, host);
  for (const host of ["0.0.0.0", "::", "192.168.1.5", "example.com", "", "127.0.0.1.evil.example"]) assert.match(whyNotToListen({ host, credentials: " , ", iam: "auto" })!, /without credentials.*--credentials KEY:SECRET/, host);
  assert.equal(whyNotToListen({ host: "0.0.0.0", credentials: "AKIDEXAMPLE:secretsecret", iam: "auto" }), undefined);
});

test("credentials that cannot be read stop the start without showing the secret", () => {
  const why = whyNotToListen({ host: "127.0.0.1", credentials: "AKIDEXAMPLE:secretsecret,oops-hidden", iam: "auto" })!;
  assert.match(why, /entry 2 of 2 is not KEY:SECRET/);
  assert.doesNotMatch(why, /hidden/);
  assert.deepEqual([...configuredKeys("A12:se:cret/+=, 111122223333:other").entries()], [["A12", { secretAccessKey: "se:cret/+=" }], ["111122223333", { secretAccessKey: "other" }]]);
});

test("policies are enforced beyond loopback, and only explained on it unless asked otherwise", () => {
  assert.equal(iamModeOf({ host: "127.0.0.1", iam: "auto" }), "audit");
  assert.equal(iamModeOf({ host: "0.0.0.0", iam: "auto" }), "enforce");
  assert.equal(iamModeOf({ host: "localhost", iam: "enforce" }), "enforce");
  for (const iam of ["audit", "off"] as const) {
    assert.match(whyNotToListen({ host: "0.0.0.0", credentials: "AKIDEXAMPLE:secretsecret", iam })!, new RegExp(`will not listen on 0\\.0\\.0\\.0 with --iam ${iam}: .* Leave --iam out`));
    assert.equal(whyNotToListen({ host: "127.0.0.1", credentials: "", iam }), undefined);
  }
});
