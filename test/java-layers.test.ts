// What layers are to a Java function: libraries in java/lib, and extensions beside its JVM.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { openTestEngine, PYTHON, type TestEngine } from "./support/engine.ts";
import { compiled, jarOf, whyNoJava, WITH_JAVA } from "./support/java.ts";
import { zipOf } from "./support/zip.ts";

const missing = await whyNoJava();

describe("Java functions with layers", { skip: missing ?? false }, () => {
  let t: TestEngine;
  let files: Record<string, Uint8Array>;
  before(async () => { t = await openTestEngine({}, WITH_JAVA); files = await compiled("demo"); });
  after(() => t.close());
  const layer = async (content: Record<string, string | Uint8Array>) => (await t.engine.code.add(await zipOf(content))).id;
  const java = { runtime: "java17", memoryMb: 256, timeoutSeconds: 20 };

  test("classes in a layer's java/lib are found", async () => {
    const layers = [await layer({ "java/lib/library.jar": await jarOf("Library.java", 'package other; public class Library { public static final String NAME = "from a layer"; }') })];
    const { json } = await t.invoke(await t.version("with-library", files, { ...java, layers, handler: "demo.Handlers::fromJar" }), {});
    assert.equal(json, "from a layer");
  });

  test("an extension hears of the invocation, and the log is whole", { skip: PYTHON ? false : "no python3 under /usr" }, async () => {
    const layers = [await layer({ "extensions/recorder.py": `#!${PYTHON}\n${await readFile(new URL("functions/extensions/recorder.py", import.meta.url), "utf8")}` })];
    const version = await t.version("with-extension", files, { ...java, layers, handler: "demo.Handlers::logs" });
    for (let round = 0; round < 2; round++) assert.equal((await t.invoke(version, {})).json, "logged");
    const lines = await t.lines("with-extension");
    assert.equal(lines.filter((line) => line === "one\nevent").length, 2, lines.join("\n"));
    assert.ok(lines.some((line) => line.startsWith("EXT ") && line.includes("INVOKE")), lines.join("\n"));
  });
});
