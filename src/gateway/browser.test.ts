// Which Host, Origin and Fetch Metadata are let through, and what an allowed origin gets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesBody, type WireRequest } from "../wire/http.ts";
import { openBrowserGuard } from "./browser.ts";

const development = { host: "127.0.0.1", credentials: "", allowedOrigins: "https://console.example", allowedHosts: "evoke.lan" };
const request = (headers: Record<string, string>, method = "POST"): WireRequest => ({ method, path: "/", query: "", headers: { host: "localhost:4566", ...headers }, body: bytesBody(new Uint8Array()) });

test("only names that cannot be rebound, and those the operator allowed, are answered", () => {
  const guard = openBrowserGuard(development);
  for (const host of ["localhost", "localhost:4566", "LOCALHOST.", "127.0.0.1:1", "127.1.2.3", "[::1]:4566", "lambda.localhost:4566", "b.s3.localhost", "lambda.us-east-1.amazonaws.com", "evoke.lan:4566"]) assert.equal(guard.refuse(request({ host })), undefined, host);
  for (const host of ["", "evil.example", "evil.example:4566", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0:4566", "192.168.1.5", "[::]", "xlocalhost", "amazonaws.com.evil", "a b", "localhost:99999999", "localhost@evil"]) assert.match(guard.refuse(request({ host }))!, /host name/, host);
});

test("with verified signatures any address of the machine is answered, but still no foreign name", () => {
  const guard = openBrowserGuard({ ...development, host: "0.0.0.0", credentials: "KEY:SECRETSECRET" });
  assert.equal(guard.refuse(request({ host: "192.168.1.5:4566" })), undefined);
  assert.match(guard.refuse(request({ host: "evil.example" }))!, /host name/);
});

test("a page's request is refused however the browser sends it", () => {
  const guard = openBrowserGuard(development);
  for (const headers of [
    { origin: "http://evil.example" }, { origin: "null" }, { origin: "http://localhost:3000" }, { origin: "http://localhost:4566" },
    { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { "sec-fetch-site": "same-origin" }, { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Safari/605" },
  ]) assert.notEqual(guard.refuse(request(headers as unknown as Record<string, string>)), undefined, JSON.stringify(headers));
  assert.equal(guard.refuse(request({ "sec-fetch-site": "none", "user-agent": "Mozilla/5.0" })), undefined, "typed into the address bar");
  const ownPage = (headers: Record<string, string>) => guard.refuse({ ...request(headers, "GET"), path: "/_evoke/outbox" });
  assert.equal(ownPage({ "sec-fetch-site": "none", "user-agent": "Mozilla/5.0" }), undefined);
  for (const headers of [{ "sec-fetch-site": "same-origin" }, { "user-agent": "Mozilla/5.0" }]) assert.notEqual(ownPage(headers as unknown as Record<string, string>), undefined, "a function's page under /_evoke/url/ has Evoke's origin");
  assert.equal(guard.refuse(request({ "user-agent": "aws-cli/2" })), undefined);
});

test("a link in a message of SNS may be followed from any site, by navigation and by GET alone", () => {
  const guard = openBrowserGuard(development);
  const link = (query: string, headers: Record<string, string>, method = "GET") => guard.refuse({ ...request(headers, method), query });
  const navigation = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
  for (const query of ["Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:000000000000:t&Token=0", "Action=Unsubscribe&SubscriptionArn=arn:aws:sns:eu-west-1:000000000000:t:0"]) {
    assert.equal(link(query, navigation), undefined);
    assert.equal(link(query, { "user-agent": "Mozilla/5.0" }), undefined, "a browser that says nothing");
    assert.notEqual(link(query, { ...navigation, "sec-fetch-mode": "no-cors" }), undefined, "an image");
    assert.notEqual(link(query, { ...navigation, "sec-fetch-dest": "iframe" }), undefined, "a frame, which may be hidden");
    assert.notEqual(link(query, { ...navigation, "sec-fetch-dest": "document", "sec-purpose": "prefetch;prerender" }), undefined, "fetched before anybody has clicked");
    assert.equal(link(query, { ...navigation, "sec-fetch-dest": "document" }), undefined);
    assert.notEqual(link(query, { ...navigation, host: "evil.example" }), undefined);
    assert.notEqual(link(query, { ...navigation, origin: "http://evil.example" }), undefined);
    assert.notEqual(link(query, navigation, "POST"), undefined);
    assert.notEqual(link(`Version=1&${query}`, navigation), undefined);
  }
  assert.notEqual(link("Action=DeleteTopic&TopicArn=arn:aws:sns:eu-west-1:000000000000:t", navigation), undefined);
});

test("an allowed origin gets its preflight and may read answers; another gets neither", () => {
  const guard = openBrowserGuard(development);
  const asked = { origin: "https://console.example", "access-control-request-method": "POST", "access-control-request-headers": "authorization,x-amz-date", "access-control-request-private-network": "true" };
  assert.deepEqual(guard.preflight(request(asked, "OPTIONS"))?.headers, {
    "access-control-allow-origin": "https://console.example", "access-control-expose-headers": "*", vary: "Origin, Access-Control-Request-Headers",
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE", "access-control-allow-headers": "authorization,x-amz-date", "access-control-allow-private-network": "true", "access-control-max-age": "600",
  });
  assert.equal(guard.refuse(request({ origin: "https://console.example", "sec-fetch-site": "cross-site" })), undefined);
  assert.equal(guard.preflight(request({ ...asked, origin: "https://evil.example" }, "OPTIONS")), undefined);
  assert.equal(guard.corsHeaders(request({ origin: "https://evil.example" })), undefined);
});
