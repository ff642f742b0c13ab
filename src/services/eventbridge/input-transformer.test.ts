// What targets are given. Templates and results recorded from AWS by LocalStack (tests/aws/services/events/test_events_inputs), unless a test says otherwise.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventText } from "./event.ts";
import { parsePath, valueAt } from "../../patterns/input-path.ts";
import { InputTooLarge } from "../../patterns/input-template.ts";
import { inputFor } from "./input-transformer.ts";
import { compact, parseKeeping } from "../../patterns/json-text.ts";

const detail = { command: "update-account", payload: { acc_id: "0a787ecb-4015", sf_id: "baz" }, listsingle: ["HIGH"], listmulti: ["ACTIVE", "INACTIVE"], valid: true, count: 3, nothing: null };
const text = eventText({ id: "i", detailType: "core.update-account-command", source: "core", account: "111111111111", timeMs: 0, region: "eu-west-1", resources: [], detail: JSON.stringify(detail) });
const matched = { ruleArn: "arn:aws:events:eu-west-1:111111111111:rule/bus/rule", ruleName: "rule", ingestedMs: 1_000, text };
const paths = { userId: "$.detail.payload.acc_id", payload: "$.detail.payload", systemstring: "$.detail.awsAccountId", listsingle: "$.detail.listsingle", listmulti: "$.detail.listmulti", valid: "$.detail.valid", count: "$.detail.count", nothing: "$.detail.nothing" };
const filled = (InputTemplate: string) => inputFor({ InputTransformer: { InputTemplate, InputPathsMap: paths } }, matched);

test("without an input of its own a target gets the event, compact, as it was sent", () => {
  assert.equal(inputFor({}, matched), `{"version":"0","id":"i","detail-type":"core.update-account-command","source":"core","account":"111111111111","time":"1970-01-01T00:00:00Z","region":"eu-west-1","resources":[],"detail":${JSON.stringify(detail)}}`);
  assert.equal(inputFor({ Input: ` {"a": 1} ` }, matched), ` {"a": 1} `);
});

test("a path takes a part of the event, as JSON", () => {
  assert.equal(inputFor({ InputPath: "$.detail.payload" }, matched), `{"acc_id":"0a787ecb-4015","sf_id":"baz"}`);
  assert.equal(inputFor({ InputPath: "$.detail.payload.sf_id" }, matched), `"baz"`);
  assert.equal(inputFor({ InputPath: "$" }, matched), text);
  assert.equal(inputFor({ InputPath: "$.notexisting" }, matched), undefined);
});

test("templates are filled as AWS fills them", () => {
  for (const [template, result] of [
    [`"Event of <userId>, <systemstring>"`, `"Event of 0a787ecb-4015, "`],
    [`{"method": "PUT", "path": "users-service/users/<userId>", "bod": <payload>}`, `{"method":"PUT","path":"users-service/users/0a787ecb-4015","bod":{"acc_id":"0a787ecb-4015","sf_id":"baz"}}`],
    [`"Payload of <payload> with path users-service/users/<userId> and <userId>"`, `"Payload of {acc_id:0a787ecb-4015,sf_id:baz} with path users-service/users/0a787ecb-4015 and 0a787ecb-4015"`],
    [`{"id" : <userId>}`, `{"id":"0a787ecb-4015"}`],
    [`{"id" : "<userId>"}`, `{"id":"0a787ecb-4015"}`],
    [`{"bod": [<userId>, "hardcoded"]}`, `{"bod":["0a787ecb-4015","hardcoded"]}`],
    [`{"multi_replacement": "users/<userId>/second/<userId>"}`, `{"multi_replacement":"users/0a787ecb-4015/second/0a787ecb-4015"}`],
    [`{"singlelistitem": <listsingle>}`, `{"singlelistitem":["HIGH"]}`],
    [`{"command": <systemstring>}`, `{"command":""}`],
    [`"<listsingle> single list item"\n"<listmulti> multiple list items"\n"<systemstring> system account id"`, `"[HIGH] single list item"\n"[ACTIVE,INACTIVE] multiple list items"\n" system account id"`],
    [`"Command is <valid>!"`, `"Command is true!"`],
    [`"{[/Check with special starting characters for event of <userId> type"`, `"{[/Check with special starting characters for event of 0a787ecb-4015 type"`],
  ] as const) assert.equal(filled(template), result, template);
});

test("numbers, true and null keep their types outside of quotes", () => {
  assert.equal(filled(`{"n": <count>, "b": <valid>, "z": <nothing>, "s": "<count>"}`), `{"n":3,"b":true,"z":null,"s":"3"}`);
});

test("a JSON template that is no JSON when it is filled is not sent", () => {
  for (const template of [`{"not_valid": "users-service/users/<payload>", "bod": <payload>}`, `{"payload": "<payload>"}`, `{"singlelistitem": "<listsingle>"}`]) assert.equal(filled(template), undefined, template);
});

test("predefined variables need no path", () => {
  assert.equal(filled(`"Message containing all pre defined variables <aws.events.rule-arn> <aws.events.rule-name> <aws.events.event.ingestion-time>"`), `"Message containing all pre defined variables ${matched.ruleArn} rule 1970-01-01T00:00:01Z"`);
  const { originalEvent, originalEventJson } = JSON.parse(filled(`{"originalEvent": <aws.events.event>, "originalEventJson": <aws.events.event.json>}`)!);
  assert.deepEqual(originalEventJson, JSON.parse(text));
  assert.deepEqual(originalEvent, { version: "0", id: "i", detailType: "core.update-account-command", source: "core", account: "111111111111", time: "1970-01-01T00:00:00Z", region: "eu-west-1", resources: [] });
});

test("a template cannot grow without bounds", () => {
  const large = { ...matched, text: eventText({ id: "i", detailType: "d", source: "s", account: "1", timeMs: 0, region: "r", resources: [], detail: JSON.stringify({ x: "x".repeat(900_000) }) }) };
  assert.throws(() => inputFor({ InputTransformer: { InputTemplate: `"${"<x>".repeat(2000)}"`, InputPathsMap: { x: "$.detail.x" } } }, large), InputTooLarge);
});

test("paths know names, indices and wildcards", () => {
  const event = { a: [{ b: 1 }, { b: 2 }], "detail-type": "t", x: { y: { z: 3 } } };
  const at = (path: string) => valueAt(event, parsePath(path)!);
  assert.deepEqual([at("$.a[1].b"), at("$.a[*].b"), at("$['detail-type']"), at("$.detail-type"), at("$.x.*.z"), at("$.a[7]"), at("$.__proto__")], [2, [1, 2], "t", "t", [3], undefined, undefined]);
  for (const path of ["", "a", "$a", "$.", "$.a[", "$.a[x]", "$..a", "$.a[-1]"]) assert.equal(parsePath(path), undefined, path);
});

test("JSON goes on as it was written, without its blanks: numbers keep their digits, members their order", () => {
  assert.equal(compact(` { "b" : 1.0 , "1" : [ 12345678901234567890, "a b\\" c" ] } `), `{"b":1.0,"1":[12345678901234567890,"a b\\" c"]}`);
  assert.equal(JSON.stringify(parseKeeping(`{"a":1.0,"b":12345678901234567890,"c":1e2,"d":-0,"e":"1.0"}`)), `{"a":1.0,"b":12345678901234567890,"c":1e2,"d":-0,"e":"1.0"}`);
});

test("a template that names a hundred paths sixteen times each asks a large event a hundred times", () => {
  const text = `{"detail":{"a":[${Array.from({ length: 130_000 }, () => '{"x":1}').join(",")}]}}`;
  const InputPathsMap = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`p${n}`, `$.detail.a[*].y${n}`]));
  const InputTemplate = `"${Array.from({ length: 1600 }, (_, n) => `<p${n % 100}>`).join("")}"`;
  const startedMs = performance.now();
  assert.equal(inputFor({ InputTransformer: { InputPathsMap, InputTemplate } }, { ruleArn: "", ruleName: "", ingestedMs: 0, text }), '""');
  assert.ok(performance.now() - startedMs < 3000);
});
