// Changing one value of a sample from the command line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../arguments.ts";
import { setValue } from "./set.ts";

const event = () => ({ Records: [{ s3: { object: { key: "a", size: 1 } } }], headers: { "x.y": "1" }, body: null as unknown });

test("a path leads through objects, lists and names with dots", () => {
  const changed = event();
  for (const assignment of ["Records[0].s3.object.key=photos/a=b.jpg", "Records.0.s3.object.size=2048", 'headers["x.y"]=2', "body={\"a\":[1]}", "added=true"]) setValue(changed, assignment);
  assert.deepEqual(changed, { Records: [{ s3: { object: { key: "photos/a=b.jpg", size: 2048 } } }], headers: { "x.y": "2" }, body: { a: [1] }, added: true });
});

test("a text stays a text", () => {
  const changed = event();
  setValue(changed, "Records[0].s3.object.key=42");
  assert.equal(changed.Records[0]!.s3.object.key, "42");
});

test("a path that leads nowhere says what is there instead", () => {
  assert.throws(() => setValue(event(), "Records[0].s4.object=1"), (error: Error) => error instanceof UsageError && /only s3/.test(error.message));
  assert.throws(() => setValue(event(), "Records[7]=1"), UsageError);
  assert.throws(() => setValue(event(), "no value"), UsageError);
  assert.throws(() => setValue(event(), "a..b=1"), UsageError);
});

test("a key that means something to JavaScript is a key like any other", () => {
  const changed = event() as unknown as Record<string, unknown>;
  setValue(changed, "__proto__=1");
  assert.equal(Object.getPrototypeOf(changed), Object.prototype);
  assert.throws(() => setValue(event(), "constructor.prototype.polluted=1"), UsageError);
});
