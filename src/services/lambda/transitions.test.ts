// Creating and updating across a stop of the platform.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2, waitUntilPublishedVersionActive } from "@aws-sdk/client-lambda";
import { memoryCode } from "../../../test/support/ports.ts";
import { openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { realClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import { lambda as service } from "./service.ts";

test("what a stopped platform left Pending or InProgress refuses changes, and is finished by the next one", async (t) => {
  const stores = await openStores({ ephemeral: true, clock: realClock(), log: silentLog });
  t.after(() => stores.close());
  const code = memoryCode();
  const zip = await zipOf({ "index.js": "" });
  const open = (background?: () => void) => openRoom(service, { stores, code, ...(background ? { background } : {}) });
  const waiting = (client: Lambda) => ({ client, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 10 });

  const stopped = await open(() => {});
  const idle = new Lambda(stopped.clientConfig);
  await idle.createFunction({ FunctionName: "demo", Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip } });
  const pending = { name: "ResourceConflictException", message: "The operation cannot be performed at this time. The function is currently in the following state: Pending" };
  await assert.rejects(idle.invoke({ FunctionName: "demo" }), pending);
  await assert.rejects(idle.updateFunctionConfiguration({ FunctionName: "demo", Timeout: 5 }), pending);
  await assert.rejects(idle.updateFunctionCode({ FunctionName: "demo", ZipFile: zip }), pending);

  const next = await open();
  const working = new Lambda(next.clientConfig);
  await waitUntilFunctionActiveV2(waiting(working), { FunctionName: "demo" });
  await next.close();

  await idle.updateFunctionConfiguration({ FunctionName: "demo", Timeout: 5 });
  const busy = { name: "ResourceConflictException", message: "The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:eu-west-1:000000000000:function:demo" };
  await assert.rejects(idle.updateFunctionConfiguration({ FunctionName: "demo", Timeout: 6 }), busy);
  await assert.rejects(idle.updateFunctionCode({ FunctionName: "demo", ZipFile: zip }), busy);
  await assert.rejects(idle.updateFunctionCode({ FunctionName: "demo", ZipFile: zip, DryRun: true }), busy);

  const last = await open();
  const finished = new Lambda(last.clientConfig);
  await waitUntilFunctionUpdatedV2(waiting(finished), { FunctionName: "demo" });
  assert.equal((await finished.getFunctionConfiguration({ FunctionName: "demo" })).Timeout, 5);
  await last.close();
  await stopped.close();
});

test("a function deleted while it is being created leaves nothing to finish", async (t) => {
  const stores = await openStores({ ephemeral: true, clock: realClock(), log: silentLog });
  t.after(() => stores.close());
  const code = memoryCode();
  const stopped = await openRoom(service, { stores, code, background: () => {} });
  const idle = new Lambda(stopped.clientConfig);
  await idle.createFunction({ FunctionName: "demo", Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipOf({ "index.js": "" }) } });
  await idle.deleteFunction({ FunctionName: "demo" });
  const next = await openRoom(service, { stores, code });
  while ((await stores.queues.nextDueMs("lambda/transitions")) !== undefined) await new Promise((resolve) => setImmediate(resolve));
  await assert.rejects(new Lambda(next.clientConfig).getFunction({ FunctionName: "demo" }), { name: "ResourceNotFoundException" });
  await next.close();
});

test("a version published along with what a stopped platform left unfinished becomes Active with it, and tags do not stand in the way", async (t) => {
  const stores = await openStores({ ephemeral: true, clock: realClock(), log: silentLog });
  t.after(() => stores.close());
  const code = memoryCode();
  const FunctionName = "demo";
  const waiting = (client: Lambda) => ({ client, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 10 });
  const stopped = await openRoom(service, { stores, code, background: () => {} });
  const idle = new Lambda(stopped.clientConfig);
  await idle.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipOf({ "index.js": "" }) }, Publish: true });
  await idle.tagResource({ Resource: `arn:aws:lambda:eu-west-1:000000000000:function:${FunctionName}`, Tags: { a: "b" } });
  const pending = { name: "ResourceConflictException", message: "The operation cannot be performed at this time. The function is currently in the following state: Pending" };
  await assert.rejects(idle.publishVersion({ FunctionName }), pending);
  await assert.rejects(idle.invoke({ FunctionName, Qualifier: "1" }), pending);

  const next = await openRoom(service, { stores, code });
  const working = new Lambda(next.clientConfig);
  await waitUntilFunctionActiveV2(waiting(working), { FunctionName });
  await waitUntilPublishedVersionActive(waiting(working), { FunctionName, Qualifier: "1" });
  await next.close();

  await idle.updateFunctionCode({ FunctionName, ZipFile: await zipOf({ "index.js": "2" }), Publish: true });
  await assert.rejects(idle.publishVersion({ FunctionName }), { name: "ResourceConflictException", message: /An update is in progress/ });
  assert.equal((await idle.getFunctionConfiguration({ FunctionName, Qualifier: "2" })).State, "Pending");
  const last = await openRoom(service, { stores, code });
  await waitUntilPublishedVersionActive(waiting(new Lambda(last.clientConfig)), { FunctionName, Qualifier: "2" });
  await waitUntilFunctionUpdatedV2(waiting(new Lambda(last.clientConfig)), { FunctionName });
  await last.close();
  await stopped.close();
});
