// Topics: made, listed, described, changed, deleted with their subscriptions.
// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
import type * as Sdk from "@aws-sdk/client-sns";
import type { Call } from "../../kernel/call.ts";
import type { Tx } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { archiveLog, deleteUnusedArchives, describeArchive, endArchive, withArchive } from "./archive.ts";
import { archiveKeepsTopic, ATTRIBUTES, badAttributeName, badTopicName, notAnAttribute, notSupported, tooLargeForSubscribers, topicDiffers, topicNotFound, topicTagsDiffer } from "./errors.ts";
import { pageOf } from "./page.ts";
import { forgetSequence, lockSequence } from "./publish-fifo.ts";
import { isLarge, LARGE_SUBSCRIPTIONS_MAX, takesLarge } from "./large-messages.ts";
import { SUBSCRIPTIONS, type Subscription } from "./subscription.ts";
import { lockTopic, removeSubscription } from "./subscription-store.ts";
import { checkTags, tagsOf } from "./tags.ts";
import { isTopicName, type Topic, TOPICS, topicArn } from "./topic.ts";
import { checkedAttribute, describeTopic, isTopicAttribute } from "./topic-attributes.ts";
import { admit, topicFor, topicIdOf } from "./topic-lookup.ts";
import { countTopics } from "./usage.ts";

type TopicApi = Pick<Api<typeof Sdk>, "CreateTopic" | "DeleteTopic" | "ListTopics" | "GetTopicAttributes" | "SetTopicAttributes">;
type Ports = Pick<RoomPorts, "stores" | "access" | "clock" | "ids">;

const DELETE_BATCH = 500;

export function topicOperations(ports: Ports): TopicApi {
  const { stores } = ports;
  const topics = stores.documents<Topic>(TOPICS);
  return {
    async CreateTopic(input, call) {
      const wanted = wantedTopic(input, call, { nowMs: ports.clock.now(), revision: ports.ids.uuid() });
      await stores.transaction((tx) => createOnce(tx, wanted, input));
      return { TopicArn: wanted.arn };
    },

    async DeleteTopic({ TopicArn }, call) {
      const id = topicIdOf(TopicArn, call);
      await admit(ports, TopicArn, call, "DeleteTopic");
      const revision = ports.ids.uuid();
      while (!(await stores.transaction((tx) => deleteSome(tx, id, TopicArn, revision))));
      return {};
    },

    async ListTopics({ NextToken }, { account, region }) {
      const { found, next } = await pageOf(topics, `${account}/${region}/`, NextToken);
      return { Topics: found.map(([, { arn }]) => ({ TopicArn: arn })), ...(next && { NextToken: next }) };
    },

    async GetTopicAttributes({ TopicArn }, call) {
      const topic = await topicFor(ports, TopicArn, call, "GetTopicAttributes");
      return { Attributes: { ...describeTopic(topic), ...describeArchive(topic, ports.clock.now()) } };
    },

    async SetTopicAttributes({ TopicArn, AttributeName: name, AttributeValue: value = "" }, call) {
      const { fifo, arn } = await topicFor(ports, TopicArn, call, "SetTopicAttributes");
      if (!isTopicAttribute(name)) throw badAttributeName();
      const checked = checkedAttribute(name, value, { arn, fifo, prefix: "" });
      const id = topicIdOf(arn, call);
      const [log, nowMs] = [archiveLog(ports.ids.uuid()), ports.clock.now()];
      await stores.transaction(async (tx) => {
        if (name === "MaximumMessageSize" && isLarge(checked)) await checkSubscribersOfLarge(tx, id);
        let before: Topic | undefined;
        const after = await tx.documents<Topic>(TOPICS).update(id, (topic) => {
          before = topic;
          return withArchive({ ...topic, attributes: withAttribute(topic.attributes, name, checked) }, log, nowMs);
        });
        if (!after) throw topicNotFound();
        if (!before?.archive || after.archive) return;
        await lockSequence(tx, before);
        await endArchive(tx, before);
      });
      if (name === "ArchivePolicy") await deleteUnusedArchives(stores);
      return {};
    },
  };
}

function wantedTopic(input: Parameters<TopicApi["CreateTopic"]>[0], { account, region }: Call, { nowMs, revision }: { nowMs: number; revision: string }): Topic {
  const { Name: name, Attributes: given = {}, Tags = [] } = input;
  const fifo = given["FifoTopic"]?.toLowerCase() === "true";
  if (!isTopicName(name) || name.endsWith(".fifo") !== fifo) throw badTopicName();
  if (input.DataProtectionPolicy) throw notSupported("DataProtectionPolicy");
  checkTags(Tags);
  const arn = topicArn(region, account, name);
  let attributes: Record<string, string> = {};
  for (const [attribute, value] of Object.entries(given)) {
    if (attribute === "FifoTopic") continue;
    if (!isTopicAttribute(attribute)) throw notAnAttribute(ATTRIBUTES, `Unknown attribute ${attribute}`);
    attributes = withAttribute(attributes, attribute, checkedAttribute(attribute, value, { arn, fifo, prefix: ATTRIBUTES }));
  }
  return withArchive({ arn, account, region, name, fifo, attributes, tags: tagsOf(Tags), createdMs: nowMs, counts: { confirmed: 0, pending: 0, deleted: 0, filtered: 0 }, revision }, archiveLog(revision), nowMs);
}

/** The same once more, or less of the same, is no error; anything else is (recorded). */
async function createOnce(tx: Tx, wanted: Topic, input: Parameters<TopicApi["CreateTopic"]>[0]): Promise<void> {
  const id = `${wanted.account}/${wanted.region}/${wanted.name}`;
  const documents = tx.documents<Topic>(TOPICS);
  if (await documents.create(id, wanted)) return countTopics(tx, wanted, 1);
  const there = (await documents.get(id))!;
  const [now, then] = [describeTopic(there), describeTopic(wanted)];
  if (Object.keys(input.Attributes ?? {}).some((name) => name !== "FifoTopic" && now[name] !== then[name])) throw topicDiffers();
  if (Object.entries(wanted.tags).some(([key, value]) => there.tags[key] !== value)) throw topicTagsDiffer();
}

async function checkSubscribersOfLarge(tx: Tx, id: string): Promise<void> {
  const subscriptions = await tx.documents<Subscription>(SUBSCRIPTIONS).list({ prefix: `${id}/`, limit: LARGE_SUBSCRIPTIONS_MAX + 1 });
  if (subscriptions.length > LARGE_SUBSCRIPTIONS_MAX || !subscriptions.every(([, { protocol }]) => takesLarge(protocol))) throw tooLargeForSubscribers();
}

const withAttribute = ({ ...attributes }: Record<string, string>, name: string, value: string | undefined): Record<string, string> => {
  if (value === undefined) delete attributes[name];
  else attributes[name] = value;
  return attributes;
};

/** Subscriptions first and the topic with the last of them, so that a crash in between leaves a topic that can be deleted again. */
async function deleteSome(tx: Tx, id: string, arn: string, revision: string): Promise<boolean> {
  if ((await lockTopic(tx, arn, revision))?.archive) throw archiveKeepsTopic();
  const page = await tx.documents<Subscription>(SUBSCRIPTIONS).list({ prefix: `${id}/`, limit: DELETE_BATCH });
  for (const [, subscription] of page) await removeSubscription(tx, subscription);
  if (page.length === DELETE_BATCH) return false;
  const there = await tx.documents<Topic>(TOPICS).get(id);
  if (there && (await tx.documents<Topic>(TOPICS).delete(id))) await countTopics(tx, there, -1);
  await forgetSequence(tx, id);
  return true;
}
