// The suite of polled queues, on Amazon SQS.
import { SQS } from "@aws-sdk/client-sqs";
import { sqs as service } from "../../src/services/sqs/service.ts";
import { queueSource } from "../../src/services/sqs/source.ts";
import { openRoom } from "../support/room.ts";
import { queueSourceSuite } from "../support/source-suite.ts";

queueSourceSuite("sqs", async ({ stores, clock }) => {
  const room = await openRoom(service, { stores, clock, metrics: { series: () => () => undefined, flush: async () => undefined } });
  const client = new SQS({ ...room.clientConfig, endpoint: "http://localhost:4566" });
  const url = (arn: string) => `http://localhost:4566/000000000000/${arn.split(":")[5]}`;
  let sent = 0;
  return {
    source: queueSource(room.ports),
    async create({ ordered, hiddenSeconds }) {
      const name = ordered ? "q.fifo" : "q";
      await client.createQueue({ QueueName: name, Attributes: { VisibilityTimeout: String(hiddenSeconds), ...(ordered && { FifoQueue: "true" }) } });
      return `arn:aws:sqs:eu-west-1:000000000000:${name}`;
    },
    async put(arn, items) {
      for (const { body, group } of items) {
        sent++;
        await client.sendMessage({ QueueUrl: url(arn), MessageBody: body, ...(arn.endsWith(".fifo") && { MessageGroupId: group, MessageDeduplicationId: `${sent}` }) });
      }
    },
    async left(arn) {
      const { Attributes } = await client.getQueueAttributes({ QueueUrl: url(arn), AttributeNames: ["All"] });
      return (["", "NotVisible", "Delayed"] as const).reduce((sum, kind) => sum + Number(Attributes![`ApproximateNumberOfMessages${kind}`]), 0); // Delayed: put before the clock was set back
    },
    read: (record) => { const { messageId, body } = record as { messageId: string; body: string }; return { id: messageId, body }; },
    close: () => room.close(),
  };
});
