// The register says of every room what the room says of itself.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SERVICES } from "./index.ts";

for (const room of SERVICES) {
  test(`the register knows what others may ask of ${room.name} before it is read`, async () => {
    const service = await room.load();
    assert.equal(room.name, service.name);
    assert.equal(room.target ?? false, service.target !== undefined, "target");
    assert.equal(room.source ?? false, service.source !== undefined, "source");
  });
}

test("what a room keeps is named as its files name it", () => {
  const text = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts") && !path.endsWith("index.ts")).map((path) => readFileSync(join(import.meta.dirname, path), "utf8")).join("\n");
  for (const { keeps: { documents = [], queues = [] } } of SERVICES) {
    for (const kind of documents) assert.ok(text.includes(`"${kind}"`), kind);
    for (const prefix of queues) assert.ok(text.includes(`"${prefix.replace("delivery/", "")}`), prefix);
  }
});

test("every queue and lane of a room opens it at start when it holds anything", () => {
  const all = SERVICES.flatMap(({ keeps }) => keeps.queues ?? []);
  for (const path of readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))) {
    const text = readFileSync(join(import.meta.dirname, path), "utf8");
    for (const [, constant] of text.matchAll(/\bworkThrough\([^,]+, ([A-Z_]+)/g)) {
      const name = new RegExp(`\\b${constant} = "([^"]+)"`).exec(text)?.[1];
      if (name !== undefined) assert.ok(all.some((prefix) => name.startsWith(prefix)), `${path}: ${name}`);
    }
    for (const [, constant] of text.matchAll(/\blanes\.register\(([A-Z_]+)/g)) {
      const name = new RegExp(`\\b${constant} = "([^"]+)"`).exec(text)?.[1];
      if (name !== undefined) assert.ok(all.some((prefix) => `delivery/${name}`.startsWith(prefix)), `${path}: ${name}`);
    }
  }
});
