// Amazon SQS: queues, standard and FIFO. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
import type * as Sdk from "@aws-sdk/client-sqs";
import { defineService } from "../service.ts";
import { access, resourcePolicy, resourceTags } from "./access.ts";
import { finishing } from "./finishing.ts";
import { movingMessages } from "./move-tasks.ts";
import { partsOf } from "./parts.ts";
import { permissions } from "./permissions.ts";
import { queueOperations } from "./queues.ts";
import { receiving } from "./receiving.ts";
import { sending } from "./sending.ts";
import { queueSource } from "./source.ts";
import { sweeping } from "./sweep.ts";
import { tagging } from "./tags.ts";
import { queueTarget } from "./target.ts";

export const sqs = defineService<typeof Sdk>({
  name: "sqs",
  client: "@aws-sdk/client-sqs",
  access,
  resourcePolicy,
  resourceTags,
  target: queueTarget,
  source: queueSource,
  open(ports) {
    const parts = partsOf(ports);
    sweeping(parts);
    return { ...queueOperations(parts), ...sending(parts), ...receiving(parts), ...finishing(parts), ...permissions(parts), ...tagging(parts), ...movingMessages(parts) };
  },
});
