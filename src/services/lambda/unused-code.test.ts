// What becomes of code that no function names any more.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { memoryCode } from "../../../test/support/ports.ts";
import { openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { virtualClock } from "../../kernel/clock.ts";
import { lambda as service } from "./service.ts";

test("replaced and deleted code is kept for a while, then forgotten; code in use stays", async () => {
  const clock = virtualClock();
  const code = memoryCode();
  const room = await openRoom(service, { code, clock });
  const lambda = new Lambda(room.clientConfig);
  const zips = await Promise.all(["one", "two", "three"].map((text) => zipOf({ "index.js": text })));
  const create = async (FunctionName: string, ZipFile: Uint8Array) => {
    await lambda.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile } });
    await waitUntilFunctionActiveV2({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 }, { FunctionName });
  };
  await create("stays", zips[0]!);
  await create("goes", zips[1]!);
  await lambda.updateFunctionCode({ FunctionName: "stays", ZipFile: zips[2]! });
  await lambda.deleteFunction({ FunctionName: "goes" });
  await clock.advance(15 * 60_000);
  assert.equal(code.kept.size, 3);
  await clock.advance(10 * 60_000);
  assert.equal(code.kept.size, 1);
  assert.match((await lambda.getFunction({ FunctionName: "stays" })).Code!.Location!, new RegExp([...code.kept.keys()][0]!));
  await room.close();
});

test("code of a published version stays as long as the version, whatever becomes of $LATEST", async () => {
  const clock = virtualClock();
  const code = memoryCode();
  const room = await openRoom(service, { code, clock });
  const lambda = new Lambda(room.clientConfig);
  const FunctionName = "kept";
  const active = () => waitUntilFunctionActiveV2({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 }, { FunctionName });
  await lambda.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipOf({ "index.js": "one" }) }, Publish: true });
  await active();
  await lambda.updateFunctionCode({ FunctionName, ZipFile: await zipOf({ "index.js": "two" }) });
  await clock.advance(25 * 60_000);
  assert.equal(code.kept.size, 2);
  await lambda.deleteFunction({ FunctionName, Qualifier: "1" });
  await clock.advance(25 * 60_000);
  assert.equal(code.kept.size, 1);
  await room.close();
});
