// The Ruby managed runtime, run for real on every Ruby from 3.1 on that is here. (ruby3.2 is the oldest that functions may name; 3.1 is what Debian 12 has.)
import { after, describe, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rubyCandidates } from "../../src/engine/interpreters/ruby.ts";
import { startRuntime, type Driver, type Outcome } from "../../test/support/frame-driver.ts";

const BOOTSTRAP = join(import.meta.dirname, "bootstrap.rb");
const FOLDER = join(import.meta.dirname, "../../test/functions/ruby");

const rubies = new Map<string, string>();
for (const { path } of await rubyCandidates(process.env, ["3.2", "3.3", "3.4", "4.0"])) {
  const version = execFileSync(path, ["--disable=gems", "-e", "print RUBY_VERSION[/\\d+\\.\\d+/]"]).toString();
  if (Number(version) >= 3.1 && !rubies.has(version)) rubies.set(version, path);
}
if (!rubies.size) test("Ruby", { skip: "no Ruby on this machine" }, () => {});

for (const [version, ruby] of rubies) {
  const running: Driver[] = [];

  async function assign(handler: string, setup: Record<string, unknown> = {}): Promise<{ driver: Driver; loaded: Outcome }> {
    const driver = await startRuntime([ruby, BOOTSTRAP], setup["start"] as Record<string, string>);
    running.push(driver);
    return { driver, loaded: await driver.assign({ handler, taskRoot: FOLDER, env: {}, ...setup }) };
  }
  async function load(handler: string, setup: Record<string, unknown> = {}): Promise<Driver> {
    const { driver, loaded } = await assign(handler, setup);
    assert.equal(loaded.kind, "ready", loaded.text + driver.output());
    return driver;
  }
  const call = async (handler: string, event: unknown = {}, setup = {}): Promise<Outcome> => (await load(handler, setup)).invoke(event);

  describe(`Ruby ${version}`, { concurrency: 2 }, () => {
    after(() => Promise.all(running.map((driver) => driver.close())));

    test("a handler gets its event and a complete context, and its variables", async () => {
      const driver = await load("app.echo", { env: { OWN: "mine" } });
      const { json } = await driver.invoke({ a: "ü" }, {
        id: "id-1", arn: "arn:fn", deadlineMs: Date.now() + 5000, traceId: "Root=1", clientContext: JSON.stringify({ custom: { k: "v" } }), cognitoIdentity: JSON.stringify({ cognitoIdentityId: "i" }),
      });
      assert.deepEqual([json.event, json.id, json.arn, json.name, json.memory, json.version], [{ a: "ü" }, "id-1", "arn:fn", "fn", "128", "$LATEST"]);
      assert.deepEqual([json.group, json.trace, json.own, json.folder], ["/aws/lambda/fn", "Root=1", "mine", FOLDER]);
      assert.deepEqual([json.identity, json.client], [{ cognitoIdentityId: "i" }, { custom: { k: "v" } }]);
      assert.ok(json.remaining > 3000 && json.remaining <= 5000);
    });

    test("a handler may be a class method in a module, or lie in a folder; globals stay; StringIO is answered as it is", async () => {
      assert.equal((await call("app.Deep::Handler.ping", { msg: "x" })).text, '"deep x"');
      assert.equal((await call("lib/inner.handler")).text, '"from a folder"');
      assert.equal((await call("app.nothing")).text, "null");
      assert.equal((await call("app.raw")).text, "as it is");
      const driver = await load("app.counted");
      assert.deepEqual([(await driver.invoke({})).text, (await driver.invoke({})).text], ["1", "2"]);
    });

    test("an exception has AWS's shape, is logged in two events, and the process goes on", async () => {
      const driver = await load("app.broken");
      for (let round = 0; round < 2; round++) {
        const { kind, json, logs } = await driver.invoke({ a: 1 });
        assert.deepEqual([kind, json.errorType, json.errorMessage, json.stackTrace.length], ["error", "Function<ArgumentError>", "no good: 1", 1]);
        assert.match(json.stackTrace[0], /app\.rb:\d+:in [`'](Object#)?broken'$/);
        assert.equal(logs[0]!.text, "Error raised from handler method");
        assert.deepEqual(JSON.parse(logs[1]!.text), json);
      }
    });

    test("a missing method, an exit and what cannot become JSON are errors too; the first two end the process as on AWS", async () => {
      for (const [handler, errorType] of [["app.misspelt", "Function<NoMethodError>"], ["app.leaves", "Function<SystemExit>"]] as const) {
        const driver = await load(handler);
        const { kind, json, logs } = await driver.invoke({});
        assert.deepEqual([kind, json.errorType, logs[0]!.text], ["error", errorType, "Critical exception from handler"]);
        assert.equal(await driver.exited, 128);
      }
      assert.equal((await call("app.unserializable")).json.errorType, "Function<JSON::GeneratorError>");
      assert.equal((await call("app.echo", Buffer.from("{not json"))).json.errorType, "Function<JSON::ParserError>");
    });

    test("what cannot be loaded is an init error, and the process ends", async () => {
      for (const [handler, errorType, message] of [
        ["nowhere.handler", "Init<LoadError>", /^cannot load such file -- nowhere/], ["unparsable.handler", "Init<SyntaxError>", /unparsable\.rb/],
        ["raises.handler", "Init<RuntimeError>", /^not today$/], ["handler", "Init<ArgumentError>", /^Invalid handler \["handler"\], must be of form FILENAME\.METHOD/],
      ] as const) {
        const { driver, loaded } = await assign(handler);
        assert.deepEqual([loaded.kind, loaded.json.errorType], ["initError", errorType]);
        assert.match(loaded.json.errorMessage, message);
        assert.equal(await driver.exited, 1);
      }
    });

    test("each puts is one event, a Logger has AWS's format and request id, and other output goes to the process's own", async () => {
      const texts = (await call("app.says")).logs.map(({ text }) => text);
      assert.deepEqual(texts.slice(0, 2), ["one\nevent", "second\nthird"]);
      assert.match(texts[2]!, /^D, \[.* #\d+\] DEBUG request-1 -- : detail\n$/);
      assert.match(texts[3]!, /^W, \[.* #\d+\] {2}WARN request-1 -- : careful\n$/);
      const driver = await load("app.writes");
      await driver.invoke({});
      await driver.close();
      assert.equal(driver.output(), "to the pipe\n");
    });

    test("a signal's handler may print, and an answer that makes no JSON of itself is an empty one", async () => {
      const driver = await load("app.signalled");
      assert.equal((await driver.invoke({})).text, '"went on"');
      await driver.close();
      assert.equal(driver.output(), "from the signal's handler\n");
      assert.deepEqual(await call("app.odd").then(({ kind, text }) => [kind, text]), ["response", ""]);
    });

    test("with JSON logging a Logger writes objects from the function's level on", async () => {
      const { logs } = await call("app.says", {}, { logFormat: "JSON", logLevel: "WARN" });
      const lines = logs.slice(2).map(({ text }) => JSON.parse(text));
      assert.deepEqual(lines.map(({ level, message, requestId }) => [level, message, requestId]), [["WARN", "careful", "request-1"], ["ERROR", "told", "request-1"]]);
      assert.deepEqual([lines[1].errorType, lines[1].errorMessage], ["RuntimeError", "told"]);
      assert.match(lines[0].timestamp, /^\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z$/);
    });

    test("gems of the function's package and folders of RUBYLIB are found, though both are known after the start", async () => {
      const folder = mkdtempSync(join(tmpdir(), "evoke-ruby-"));
      try {
        const abi = execFileSync(ruby, ["-e", "print RbConfig::CONFIG['ruby_version']"]).toString();
        const gems = join(folder, "vendor/bundle/ruby", abi);
        mkdirSync(join(gems, "gems/own_gem-1.0.0/lib"), { recursive: true });
        mkdirSync(join(gems, "specifications"), { recursive: true });
        writeFileSync(join(gems, "gems/own_gem-1.0.0/lib/own_gem.rb"), "module OwnGem; NAME = 'a gem'; end\n");
        writeFileSync(join(gems, "specifications/own_gem-1.0.0.gemspec"), "Gem::Specification.new { |s| s.name = 'own_gem'; s.version = '1.0.0'; s.summary = 's'; s.authors = ['a']; s.files = ['lib/own_gem.rb'] }\n");
        assert.equal((await call("app.from_gem", {}, { env: { GEM_PATH: gems } })).text, '"a gem"');
        assert.equal((await call("app.from_gem", {}, { env: { RUBYLIB: join(gems, "gems/own_gem-1.0.0/lib") } })).text, '"a gem"');
        assert.equal((await call("app.from_gem")).json.errorType, "Function<LoadError>");
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    test("a shutdown, and a channel that is closed, end it", async () => {
      const driver = await load("app.echo");
      driver.shutdown(Date.now() + 1000);
      assert.equal(await driver.exited, 0);
      const waiting = await load("app.echo");
      (waiting.child.stdio[3] as unknown as { destroy(): void }).destroy();
      assert.equal(await waiting.exited, 0);
    });
  });
}
