// The certificate, read by somebody else's reader.
import assert from "node:assert/strict";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { pemOf, selfSigned } from "./signing-certificate.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const make = (serial: Uint8Array, notAfterMs = Date.UTC(2040, 0, 1)) => new X509Certificate(pemOf(selfSigned({ privateKey, commonName: "sns.amazonaws.com", serial, notBeforeMs: Date.UTC(2026, 10, 21, 9, 5, 7), notAfterMs })));

test("OpenSSL reads the certificate, and it is signed by its own key", () => {
  const certificate = make(Uint8Array.of(0x8a, 0x01));
  assert.equal(certificate.subject, "CN=sns.amazonaws.com");
  assert.equal(certificate.issuer, certificate.subject);
  assert.equal(certificate.serialNumber, "8A01");
  assert.equal(certificate.validFromDate.toISOString(), "2026-11-21T09:05:07.000Z");
  assert.equal(certificate.validToDate.toISOString(), "2040-01-01T00:00:00.000Z");
  assert.ok(certificate.verify(publicKey));
  assert.ok(certificate.publicKey.equals(publicKey));
});

test("a certificate may outlive 2049, from when dates are written with four digits", () => {
  assert.equal(make(Uint8Array.of(1), Date.UTC(2056, 4, 6)).validToDate.toISOString(), "2056-05-06T00:00:00.000Z");
});
