// Functions in containers of Docker or Podman, where one answers: the engine DOCKER_HOST names, or the one of this machine.
// https://docs.docker.com/reference/api/engine/version/v1.41/
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CreateFunctionCommand, DeleteFunctionCommand, GetFunctionCommand, InvokeCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { engineApi, findEngine } from "../src/engine/images/engine-api.ts";
import { clientFunction } from "./ric/build.ts";
import { tarOf, type TarEntry } from "./support/oci.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";

const socket = findEngine(process.env);
const answers = socket !== undefined && (await engineApi(socket).call("GET", "/version").then(Boolean, () => false));
const go = answers ? await clientFunction("go") : undefined;
const skip = !answers ? "NOT HERE: a container engine (start Docker, or podman system service)" : go && "skipped" in go ? go.skipped : false;
const NAME = "localhost/evoke-test-image";

const upload = async (method: string, path: string, tar: Buffer): Promise<string> => {
  const [status, said] = await new Promise<[number | undefined, string]>((resolve, reject) =>
    request({ socketPath: socket!, method, path: `/v1.41${path}`, headers: { "Content-Type": "application/x-tar", "Content-Length": tar.byteLength } }, (response) => response.toArray().then((chunks) => resolve([response.statusCode, Buffer.concat(chunks).toString()]), reject)).on("error", reject).end(tar));
  assert.equal(status, 200, said);
  return said;
};

describe("a container engine", { skip }, () => {
  let platform: TestPlatform;
  before(async () => {
    const main = await readFile(join((go as { folder: string }).folder, "bootstrap"));
    const root = await tarOf([{ name: "app", type: "directory" }, { name: "app/main", content: main, mode: 0o755 }, { name: "tmp", type: "directory" }]);
    const said = await upload("POST", `/images/create?fromSrc=-&changes=${encodeURIComponent('ENTRYPOINT ["/app/main"]')}`, root);
    await engineApi(socket!).call("POST", `/images/${/[0-9a-f]{64}/.exec(said)?.[0]}/tag?repo=${NAME}&tag=v1`);
    platform = await openTestPlatform();
  });
  after(async () => {
    await platform.close();
    const left = await engineApi(socket!).call("GET", `/containers/json?all=1&filters=${encodeURIComponent('{"label":["evoke.platform"]}')}`);
    await engineApi(socket!).call("DELETE", `/images/${NAME}:v1?force=1`);
    assert.deepEqual(left, [], "a container was left behind");
  });

  const send = (command: any): Promise<any> => platform.lambda.send(command);
  const create = async (FunctionName: string, more: object = {}) => {
    await send(new CreateFunctionCommand({ FunctionName, Role: "arn:aws:iam::000000000000:role/any", PackageType: "Image", Code: { ImageUri: `${NAME}:v1` }, Timeout: 20, ...more }));
    await waitUntilFunctionActiveV2({ client: platform.lambda, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { FunctionName });
  };
  const invoke = async (FunctionName: string, event: unknown) => {
    const { FunctionError, Payload, LogResult } = await send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail" }));
    return { error: FunctionError, answer: JSON.parse(Buffer.from(Payload).toString()), log: Buffer.from(LogResult, "base64").toString() };
  };

  test("runs a function of an image that it has, again and again in the same container", async () => {
    await create("contained");
    const first = await invoke("contained", { echo: "hi" });
    assert.equal(first.answer.echo, "hi", first.log);
    assert.match(first.log, /Init Duration/);
    await new Promise((resolve) => setTimeout(resolve, 400)); // it is paused meanwhile
    const second = await invoke("contained", { echo: 2 });
    assert.equal(second.answer.echo, 2);
    assert.doesNotMatch(second.log, /Init Duration/);
    assert.match((await send(new GetFunctionCommand({ FunctionName: "contained" }))).Code.ResolvedImageUri, /^localhost\/evoke-test-image@sha256:[0-9a-f]{64}$/);
    await send(new DeleteFunctionCommand({ FunctionName: "contained" }));
  });

  test("tells of a program that dies and of one that is not there", async () => {
    await create("dies");
    const { error, answer, log } = await invoke("dies", { panic: "on purpose" });
    assert.equal(error, "Unhandled");
    assert.match(answer.errorMessage, /on purpose|Runtime exited/, log);
    await create("missing", { ImageConfig: { EntryPoint: ["/nothing"] } });
    assert.equal((await invoke("missing", {})).answer.errorType, "Runtime.InvalidEntrypoint");
  });

  test("an image with external extensions is refused, for they would not be started", async () => {
    const name = "localhost/evoke-test-extended";
    await engineApi(socket!).call("POST", "/containers/create?name=evoke-test-extended", { Image: `${NAME}:v1` });
    const commit = async (tag: string, entries: TarEntry[]) => {
      await upload("PUT", "/containers/evoke-test-extended/archive?path=/", await tarOf(entries));
      await engineApi(socket!).call("POST", `/commit?container=evoke-test-extended&repo=${name}&tag=${tag}`, {});
    };
    try {
      await commit("v1", [{ name: "opt", type: "directory" }, { name: "opt/extensions", type: "directory" }, { name: "opt/extensions/data", type: "directory" }, { name: "opt/extensions/data/file", content: "x" }]);
      await create("no-extensions", { Code: { ImageUri: `${name}:v1` } });
      assert.equal((await invoke("no-extensions", { echo: 1 })).answer.echo, 1);
      await commit("v2", [{ name: "opt/extensions/agent", content: "x", mode: 0o755 }]);
      await assert.rejects(create("extended", { Code: { ImageUri: `${name}:v2` } }), { name: "InvalidParameterValueException", message: /it has the external extension \/opt\/extensions\/agent, and extensions are not started in a container/ });
    } finally {
      await send(new DeleteFunctionCommand({ FunctionName: "no-extensions" })).catch(() => {});
      await engineApi(socket!).call("DELETE", "/containers/evoke-test-extended?force=1");
      for (const tag of ["v2", "v1"]) await engineApi(socket!).call("DELETE", `/images/${name}:${tag}?force=1`);
    }
  });

  test("an image that it does not have is refused", async () => {
    await assert.rejects(create("none", { Code: { ImageUri: "localhost/evoke-no-such-image:v9" } }), { name: "InvalidParameterValueException", message: /does not exist\. Provide a valid source image\. .*docker pull localhost\/evoke-no-such-image:v9/ });
  });
});
