// What a topic is, and where it is kept. No I/O but findTopic.
// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Stores, Tx } from "../../storage/stores.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME. */
export const TOPICS = "sns/topic";

export interface Topic {
  arn: string;
  account: string;
  region: string;
  name: string;
  fifo: boolean;
  /** What was set, by AWS's names (DisplayName, Policy, SignatureVersion, LambdaSuccessFeedbackRoleArn …); what never was is not here. */
  attributes: Record<string, string>;
  tags: Record<string, string>;
  createdMs: number;
  /** What ArchivePolicy keeps: the log it is in, of its own even when there was one before, and since when. */
  archive?: { log: string; sinceMs: number };
  /** Of its subscriptions; `filtered`: those with a filter policy. */
  counts: { confirmed: number; pending: number; deleted: number; filtered: number };
  /** Another one after every change to its subscriptions, so that what was read of them can be kept. */
  revision: string;
}

export const topicArn = (region: string, account: string, name: string): string => formatArn("sns", region, account, name);

/** ACCOUNT/REGION/NAME; undefined when the text is not the ARN of a topic. */
export function topicId(arn: string): string | undefined {
  const { service, region, account, resource = "" } = parseArn(arn) ?? {};
  return service === "sns" && region && account && isTopicName(resource) ? `${account}/${region}/${resource}` : undefined;
}

/** Letters, digits, hyphens and underscores; FIFO topics end in .fifo. 256 in all. */
export const isTopicName = (name: string): boolean => name.length <= 256 && /^[A-Za-z0-9_-]+(\.fifo)?$/.test(name);

/** From a cache where stores have one: cheap enough for every message. */
export async function findTopic(stores: Pick<Stores | Tx, "documents">, arn: string): Promise<Topic | undefined> {
  const id = topicId(arn);
  return id === undefined ? undefined : stores.documents<Topic>(TOPICS).get(id);
}
