// What Lambda polls itself: Kafka, Amazon MQ, DocumentDB. https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html · with-kafka.html · with-mq.html · with-documentdb.html
import { base64, type Facts, type Samples } from "./facts.ts";

const bytesOf = (text: string): number[] => [...Buffer.from(text)];

const kafkaRecords = ({ now }: Facts) => ({
  "my-topic-0": [{
    topic: "my-topic", partition: 0, offset: 15, timestamp: now.getTime(), timestampType: "CREATE_TIME" as const,
    key: base64("my-key"), value: base64("Hello from Kafka!"), headers: [{ headerKey: bytesOf("headerValue") }],
  }],
});

export const MSK = {
  record: (facts: Facts) => {
    const { region, account, uuid } = facts;
    const servers = [1, 2].map((broker) => `b-${broker}.my-cluster.a1bcde.c1.kafka.${region}.amazonaws.com:9092`);
    return { eventSource: "aws:kafka" as const, eventSourceArn: `arn:aws:kafka:${region}:${account}:cluster/my-cluster/${uuid()}-2`, bootstrapServers: servers.join(","), records: kafkaRecords(facts) };
  },
} satisfies Samples;

export const KAFKA = {
  record: (facts: Facts) => ({ eventSource: "SelfManagedKafka" as const, bootstrapServers: "abc.xyz.com:9092,xyz.abc.com:9092", records: kafkaRecords(facts) }),
} satisfies Samples;

const activeMq = (messageType: string, text: string) => ({ now, region, account, uuid }: Facts) => {
  const broker = `b-${uuid()}`;
  const ms = now.getTime();
  return {
    eventSource: "aws:mq", eventSourceArn: `arn:aws:mq:${region}:${account}:broker:my-broker:${broker}`,
    messages: [{
      messageID: `ID:${broker}-1.mq.${region}.amazonaws.com-34859-${ms}-4:12:1:1:3`, messageType, deliveryMode: 1, replyTo: null, type: null, expiration: 60_000, priority: 1, correlationId: "my-correlation-id", redelivered: false,
      destination: { physicalName: "my-queue" }, data: base64(text), timestamp: ms, brokerInTime: ms + 1, brokerOutTime: ms + 2, properties: { index: "1" },
    }],
  };
};

/** The guide writes `expiration` as a text, AWS's own Go library reads a number and would refuse that. */
export const ACTIVEMQ = {
  text: activeMq("jms/text-message", "Hello from ActiveMQ!"),
  bytes: activeMq("jms/bytes-message", "\u0001\u0002\u0003"),
} satisfies Samples;

export const RABBITMQ = {
  message: ({ region, account, uuid }: Facts) => {
    const body = '{"timeout":0,"data":"CZrmf0Gw8Ov4bqLQxD4E"}';
    return {
      eventSource: "aws:rmq", eventSourceArn: `arn:aws:mq:${region}:${account}:broker:my-broker:b-${uuid()}`,
      rmqMessagesByQueue: {
        "my-queue::/": [{
          basicProperties: {
            contentType: "text/plain", contentEncoding: null, headers: { header1: { bytes: bytesOf("value1") }, header2: { bytes: bytesOf("value2") }, numberInHeader: 10 },
            deliveryMode: 1, priority: 34, correlationId: null, replyTo: null, expiration: "60000", messageId: null, timestamp: "Jan 1, 1970, 12:33:41 AM",
            type: null, userId: "my-user", appId: null, clusterId: null, bodySize: body.length,
          },
          redelivered: false, data: base64(body),
        }],
      },
    };
  },
} satisfies Samples;

const documentChange = (operationType: "insert" | "update" | "replace" | "delete") => ({ now, region, account, hex }: Facts) => {
  const _id = { $oid: hex(24) };
  const document = operationType === "delete" ? {} : { fullDocument: { _id, anyField: "sampleValue" } };
  const update = operationType === "update" ? { updateDescription: { removedFields: [], updatedFields: { anyField: "sampleValue" } } } : {};
  return {
    eventSourceArn: `arn:aws:rds:${region}:${account}:cluster:my-cluster`,
    events: [{ event: { _id: { _data: hex(40) }, clusterTime: { $timestamp: { t: Math.trunc(now.getTime() / 1000), i: 1 } }, documentKey: { _id }, ...document, ns: { db: "test_database", coll: "test_collection" }, operationType, ...update } }],
    eventSource: "aws:docdb",
  };
};

export const DOCUMENTDB = {
  insert: documentChange("insert"), update: documentChange("update"), replace: documentChange("replace"), delete: documentChange("delete"),
} satisfies Samples;
