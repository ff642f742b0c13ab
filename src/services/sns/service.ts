// Amazon SNS: topics, what is subscribed to them, and what is published.
// https://docs.aws.amazon.com/sns/latest/api/
import type * as Sdk from "@aws-sdk/client-sns";
import { defineService } from "../service.ts";
import { access } from "./access.ts";
import { sweepArchives } from "./archive.ts";
import { registerTokens } from "./confirmation.ts";
import { registerDeliveries } from "./delivery.ts";
import { permissionOperations } from "./permissions.ts";
import { phoneOperations } from "./phone-numbers.ts";
import { platformOperations } from "./platform-applications.ts";
import { publishOperations } from "./publish.ts";
import { smsOperations } from "./sms.ts";
import { subscribeOperations } from "./subscribe.ts";
import { subscriptionOperations } from "./subscriptions.ts";
import { tagOperations } from "./tags.ts";
import { topicTarget } from "./target.ts";
import { findTopic } from "./topic.ts";
import { topicOperations } from "./topics.ts";
import { policyOf } from "./topic-policy.ts";

export const sns = defineService<typeof Sdk>({
  name: "sns",
  client: "@aws-sdk/client-sns",
  access,

  resourcePolicy: ({ stores }) => async (arn) => {
    const topic = await findTopic(stores, arn);
    return topic && policyOf(topic);
  },

  resourceTags: ({ stores }) => async (arn) => (await findTopic(stores, arn))?.tags,

  target: topicTarget,

  open(ports) {
    registerTokens(ports);
    registerDeliveries(ports);
    ports.background("sns archives", (signal) => sweepArchives(ports, signal));
    return {
      ...topicOperations(ports),
      ...permissionOperations(ports),
      ...tagOperations(ports.stores),
      ...subscribeOperations(ports),
      ...subscriptionOperations(ports),
      ...publishOperations(ports),
      ...platformOperations(ports),
      ...smsOperations(ports),
      ...phoneOperations(ports.stores),
    };
  },
});
