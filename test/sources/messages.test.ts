// The suite of polled queues, on messages as the store keeps them.
import { type KnownQueues, messageSource } from "../support/message-source.ts";
import { type OpenQueueUnderTest, queueSourceSuite } from "../support/source-suite.ts";

const queues: KnownQueues = new Map();
let made = 0;

const open: OpenQueueUnderTest = async ({ stores, clock }) => {
  const source = messageSource({ stores, clock, queues });
  return {
    source,
    create: async (options) => source.create(`q${++made}`, options),
    put: (arn, items) => source.put(arn, items),
    left: (arn) => source.left(arn),
    read: (record) => { const { messageId, body } = record as { messageId: string; body: string }; return { id: messageId, body }; },
    close: async () => undefined,
  };
};

queueSourceSuite("messages", open);
queueSourceSuite("messages through a pipe", open, "pipe");
