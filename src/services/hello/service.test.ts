// The template room, driven by the real SDK client.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SNS } from "@aws-sdk/client-sns";
import { openRoom } from "../../../test/support/room.ts";
import { hello } from "./service.ts";

const room = await openRoom(hello);
const sns = new SNS(room.clientConfig);
after(() => room.close());

test("a topic is made once, listed, and deleted", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "orders" });
  assert.equal(TopicArn, "arn:aws:sns:eu-west-1:000000000000:orders");
  assert.equal((await sns.createTopic({ Name: "orders" })).TopicArn, TopicArn);
  assert.deepEqual((await sns.listTopics({})).Topics, [{ TopicArn }]);
  await sns.deleteTopic({ TopicArn });
  await sns.deleteTopic({ TopicArn });
  assert.deepEqual((await sns.listTopics({})).Topics ?? [], []);
});

test("bad names, bad tokens and parameters that would be ignored are refused", async () => {
  await assert.rejects(sns.createTopic({ Name: "no spaces" }), { name: "InvalidParameterException", message: "Invalid parameter: Topic Name" });
  await assert.rejects(sns.listTopics({ NextToken: "mine" }), { name: "InvalidParameterException", message: "Invalid parameter: NextToken" });
  await assert.rejects(sns.createTopic({ Name: "orders", Attributes: { DisplayName: "x" } }), /Evoke does not support Attributes yet/);
});

test("more topics than fit one page are listed page by page", async () => {
  for (let n = 0; n < 101; n++) await sns.createTopic({ Name: `t${String(n).padStart(3, "0")}` });
  const first = await sns.listTopics({});
  assert.equal(first.Topics!.length, 100);
  const second = await sns.listTopics({ NextToken: first.NextToken });
  assert.deepEqual(second.Topics!.map(({ TopicArn }) => TopicArn!.split(":").at(-1)), ["t100"]);
  assert.equal(second.NextToken, undefined);
});
