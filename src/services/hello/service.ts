// The template room: the smallest whole service, three operations of Amazon SNS. Tested like the others, never in services/index.ts.
// https://docs.aws.amazon.com/sns/latest/api/
import type * as Sdk from "@aws-sdk/client-sns";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import { defineService } from "../service.ts";
import { invalidName, invalidToken, notSupported } from "./errors.ts";
import { isTopicName, type Topic, topicArn } from "./topic.ts";

const PAGE = 100;

export const hello = defineService<typeof Sdk>({
  name: "sns",
  client: "@aws-sdk/client-sns",
  open({ stores }) {
    const topics = stores.documents<Topic>("hello/topic");
    const idOf = ({ account, region }: { account: string; region: string }, name: string) => `${account}/${region}/${name}`;
    return {
      async CreateTopic(input, call) {
        if (!isTopicName(input.Name)) throw invalidName();
        if (Object.keys(input.Attributes ?? {}).length) throw notSupported("Attributes");
        const arn = topicArn(call.region, call.account, input.Name);
        await topics.create(idOf(call, input.Name), { arn }); // creating twice is no error
        return { TopicArn: arn };
      },

      async ListTopics(input, call) {
        const prefix = idOf(call, "");
        const after = input.NextToken === undefined ? undefined : decodePageToken(input.NextToken);
        if (input.NextToken !== undefined && !isTopicName(after ?? "")) throw invalidToken();
        const rows = await topics.list({ prefix, limit: PAGE + 1, ...(after === undefined ? {} : { after: prefix + after }) });
        const shown = rows.slice(0, PAGE);
        const last = shown.at(-1)?.[0].slice(prefix.length);
        return { Topics: shown.map(([, { arn }]) => ({ TopicArn: arn })), ...(rows.length > PAGE && last ? { NextToken: encodePageToken(last) } : {}) };
      },

      async DeleteTopic(input, call) {
        const name = input.TopicArn.slice(topicArn(call.region, call.account, "").length);
        await topics.delete(idOf(call, name)); // deleting what is not there is no error
        return {};
      },
    };
  },
});
