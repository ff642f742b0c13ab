// Several events at once in one environment, with AWS's own runtime client for Java: a thread for each.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestEngine, openTestEngine } from "../../../test/support/engine.ts";
import { jarOf, whyNoJava, WITH_JAVA } from "../../../test/support/java.ts";
import { managed } from "../../../test/support/managed-instances.ts";

const SOURCE = `
import java.nio.file.*;
import java.util.Map;
public class Together {
  public Map<String, Object> handle(Map<String, Object> event) throws Exception {
    Path barrier = Path.of("/tmp/barrier");
    Files.writeString(barrier, ".", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    while (Files.size(barrier) < ((Number) event.get("together")).intValue()) Thread.sleep(2);
    int n = ((Number) event.get("n")).intValue();
    if (event.containsKey("sleep")) Thread.sleep(((Number) event.get("sleep")).intValue());
    if (event.containsKey("fail")) throw new IllegalStateException("no " + n);
    if (event.containsKey("exit")) Runtime.getRuntime().halt(4);
    return Map.of("n", n, "thread", Thread.currentThread().getName(), "environment", System.getenv("AWS_LAMBDA_LOG_STREAM_NAME"));
  }
}`;

describe("Java on managed instances", { skip: await whyNoJava() ?? false }, () => {
  let t: TestEngine;
  let jar: Uint8Array;
  before(async () => {
    t = await openTestEngine({}, WITH_JAVA);
    jar = await jarOf("Together.java", SOURCE);
  });
  after(() => t.close());

  test("as many events as are allowed run at once in one process; an error, a timeout and an end are told to those they concern", async () => {
    const fn = await t.version("java", { "lib/together.jar": jar }, managed("java", { runtime: "java17", handler: "Together::handle", concurrency: 12, timeoutSeconds: 3 }));
    const results = await Promise.all(Array.from({ length: 12 }, (_, n) => t.invoke(fn, { n, together: 12, ...(n === 5 ? { fail: true } : {}) })));
    assert.deepEqual(results.map(({ failed, json }) => (failed ? json.errorType : json.n)), [0, 1, 2, 3, 4, "java.lang.IllegalStateException", 6, 7, 8, 9, 10, 11]);
    const fine = results.filter(({ failed }) => !failed).map(({ json }) => json);
    assert.deepEqual([new Set(fine.map(({ environment }) => environment)).size, new Set(fine.map(({ thread }) => thread)).size], [1, 11]);
    const [slow, quick] = await Promise.all([t.invoke(fn, { n: 1, together: 0, sleep: 3500 }), t.invoke(fn, { n: 2, together: 0, sleep: 500 })]);
    assert.deepEqual([slow.json.errorType, quick.json.n], ["Sandbox.Timedout", 2]);
    const ended = await Promise.all([t.invoke(fn, { n: 0, together: 15, exit: true }), t.invoke(fn, { n: 1, together: 0, sleep: 2000 })]);
    assert.deepEqual(ended.map(({ json }) => json), [{ errorType: "Runtime.ExitError" }, { errorType: "Runtime.ExitError" }]);
  });
});
