// What a topic is: pure rules, without storage or time. https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
import { formatArn } from "../../kernel/arn.ts";

export interface Topic {
  arn: string;
}

export const isTopicName = (name: string): boolean => /^[A-Za-z0-9_-]{1,256}$/.test(name);
export const topicArn = (region: string, account: string, name: string): string => formatArn("sns", region, account, name);
