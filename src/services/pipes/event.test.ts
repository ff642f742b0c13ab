// What templates and paths make of events. Examples of the guide where nothing else is said:
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
import assert from "node:assert/strict";
import { test } from "node:test";
import { asArray, BadTransformation, decoded, parameter, transform } from "./event.ts";
import { InputTooLarge } from "../../patterns/input-template.ts";
import type { Pipe } from "./pipe.ts";

const pipe = { account: "000000000000", region: "eu-west-1", name: "p", source: "arn:aws:sqs:eu-west-1:000000000000:from", target: "arn:aws:sqs:eu-west-1:000000000000:to" } as Pipe;
const message = (body: string) => ({ messageId: "1", body, attributes: { SenderId: "AIDA" }, eventSource: "aws:sqs" });
const text = (template: string | undefined, event: unknown = message('{"key":"v","list":[1,{"a":"b"}],"big":12345678901234567890}')) => transform(template, event, pipe, 0).text;

test("without a template an event goes as it is", () => {
  const event = message('{"key":"v"}');
  assert.equal(text(undefined, event), JSON.stringify(event));
  assert.equal(text(undefined, "a text"), "a text");
});

test("hundreds of paths with wildcards over a large event are given up", () => {
  const list = JSON.stringify(Array.from({ length: 100_000 }, () => 1));
  const paths = (count: number) => Array.from({ length: count }, (_, n) => `<$.body[*].${n.toString(36)}>`).join("");
  assert.throws(() => text(paths(500), message(list)), InputTooLarge);
  assert.equal(text(paths(10), message(list)), "");
});

test("a template is a text, a path or JSON, with paths into the parsed body", () => {
  for (const [template, result] of [
    ["Hello, sender", "Hello, sender"],
    ["<$.attributes.SenderId>", "AIDA"],
    ["Hello, <$.attributes.SenderId>", "Hello, AIDA"],
    ['{"key1":"value1"}', '{"key1":"value1"}'],
    ['{"key2": <$.body.key>, "d": <aws.pipes.event.ingestion-time>}', '{"key2": "v", "d": "1970-01-01T00:00:00.000Z"}'],
    ['{"item": <$.body.list[1]>, "inside": "is <$.body.key>"}', '{"item": {"a":"b"}, "inside": "is v"}'],
    ['{"name": "<aws.pipes.pipe-name>", "from": "<aws.pipes.source-arn>", "to": <aws.pipes.target-arn>, "by": <aws.pipes.enrichment-arn>}', `{"name": "p", "from": "${pipe.source}", "to": "${pipe.target}", "by": ""}`],
    ['{"none": "<$.body.none>", "big": <$.body.big>}', '{"none": "", "big": 12345678901234567890}'],
    // "EventBridge removes any internal quotes to ensure a valid string."
    ["Body is <$.body.list>", "Body is [1,{a:b}]"],
    ["[INFO] <$.body.key>", "[INFO] v"],
    ["[<$.body.key>, 2]", '["v", 2]'],
    ["<$.body.list[*].a>", '["b"]'],
    ["<$.body.list>", '[1,{"a":"b"}]'],
    ["<$.nothing>", ""],
  ] as const) assert.equal(text(template), result, template);
});

test("an object that is no JSON when it is filled is refused", () => {
  assert.throws(() => text('{"a": <$.body.key>x}'), BadTransformation);
  assert.throws(() => text('{"a": "<$.body.list>"}'), BadTransformation);
});

test("what streams and brokers carry in base64 is decoded", () => {
  const base64 = (value: string) => Buffer.from(value).toString("base64");
  assert.equal(text('{"n": <$.data.n>}', { eventSource: "aws:kinesis", data: base64('{"n":1}') }), '{"n": 1}');
  assert.equal(text("<$.value>", { eventSource: "aws:kafka", key: base64("k"), value: base64("plain") }), "plain");
  assert.deepEqual(decoded({ eventSource: "aws:dynamodb", data: "x" }), { eventSource: "aws:dynamodb", data: "x" });
  for (const odd of [null, 1, "text", [1], { eventSource: "aws:sqs", body: 5 }, { eventSource: "__proto__", body: "{}" }]) assert.deepEqual(decoded(odd), odd);
});

test("a parameter that is a path is what it finds, and anything else itself", () => {
  const event = decoded(message('{"type":"order","n":{"a":1}}'));
  for (const [value, found] of [["$.body.type", "order"], ["$.body.n", '{"a":1}'], ["$.body.none", undefined], ["fixed $.body.type", "fixed $.body.type"], [undefined, undefined]] as const) assert.equal(parameter(value, event), found);
});

test("a batch is one array, whatever its events are", () => {
  const events = ["text", '{"a":1}'].map((body) => transform("<$.body>", message(body), pipe, 0));
  assert.equal(asArray(events), '["text",{"a":1}]');
  assert.equal(asArray([]), "[]");
});
