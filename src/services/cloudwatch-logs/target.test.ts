// Log groups as targets of rules.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { openRoom } from "../../../test/support/room.ts";
import { virtualClock } from "../../kernel/clock.ts";
import { realIds } from "../../kernel/ids.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import { cloudwatchLogs } from "./service.ts";
import { openLogSink } from "./sink.ts";

test("what a rule delivers is in a stream of the group, with its own time where a template gives one", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const sink = openLogSink({ stores, clock, ids: realIds(), log: silentLog });
  const room = await openRoom(cloudwatchLogs, { stores, clock, logs: sink });
  const client = new CloudWatchLogs(room.clientConfig);
  const target = cloudwatchLogs.target!(room.ports);
  await client.createLogGroup({ logGroupName: "/aws/events/orders" });
  const arn = "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/events/orders";
  const from = { account: "000000000000", region: "eu-west-1", sourceArn: "arn:aws:events:eu-west-1:000000000000:rule/orders" };
  assert.deepEqual([await target.exists(arn), await target.exists(`${arn}:*`), await target.exists(`${arn}-none`)], [true, true, false]);
  const event = JSON.stringify({ id: "1", detail: {} });
  await target.deliver(arn, { body: event }, from);
  await target.deliver(`${arn}:*`, { body: JSON.stringify({ timestamp: new Date(clock.now() - 5_000).toISOString(), message: "paid" }) }, from);
  await assert.rejects(target.deliver(`${arn}-none`, { body: event }, from), { name: "ResourceNotFoundException" });
  const { events } = await client.filterLogEvents({ logGroupName: "/aws/events/orders" });
  assert.deepEqual(events!.map(({ message, timestamp, logStreamName }) => [message, clock.now() - timestamp!, logStreamName]), [["paid", 5_000, "rule/orders"], [event, 0, "rule/orders"]]);
  client.destroy();
  await sink.close();
  await room.close();
  await stores.close();
});
