// Where Evoke may listen, and how configured credentials are read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { configuredKeys, whyNotToListen } from "./listen-address.ts";

test("without credentials only loopback is listened on", () => {
  for (const host of ["127.0.0.1", "127.8.8.8", "::1", "localhost"]) assert.equal(whyNotToListen({ host, credentials: "" }), undefined, host);
  for (const host of ["0.0.0.0", "::", "192.168.1.5", "example.com", "", "127.0.0.1.evil.example"]) assert.match(whyNotToListen({ host, credentials: " , " })!, /without credentials.*--credentials KEY:SECRET/, host);
  assert.equal(whyNotToListen({ host: "0.0.0.0", credentials: "AKIDEXAMPLE:secretsecret" }), undefined);
});

test("credentials that cannot be read stop the start without showing the secret", () => {
  const why = whyNotToListen({ host: "127.0.0.1", credentials: "AKIDEXAMPLE:secretsecret,oops-hidden" })!;
  assert.match(why, /entry 2 of 2 is not KEY:SECRET/);
  assert.doesNotMatch(why, /hidden/);
  assert.deepEqual([...configuredKeys("A12:se:cret/+=, 111122223333:other").entries()], [["A12", { secretAccessKey: "se:cret/+=" }], ["111122223333", { secretAccessKey: "other" }]]);
});
