// One try of one message to one subscription, and what came of it.
import { ServiceError } from "../../kernel/errors.ts";
import type { Sender } from "../../ports/targets.ts";
import type { Published } from "./message.ts";
import type { Subscription } from "./subscription.ts";
import type { Topic } from "./topic.ts";

export interface Delivery {
  topic: Topic;
  subscription: Subscription;
  message: Published;
}

export type Outcome = {
  /** again: it is the receiver's trouble, which may pass; never: no further try would do better. */
  result: "delivered" | "again" | "never";
  statusCode?: number;
  /** As delivery status logs have it. */
  providerResponse: string;
};

export type Deliver = (delivery: Delivery) => Promise<Outcome>;

/** "A client-side error": the endpoint is gone, or its policy does not let SNS in. https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html */
export function failed(error: unknown): Outcome {
  if (!(error instanceof ServiceError)) return { result: "again", statusCode: 500, providerResponse: JSON.stringify({ ErrorCode: "InternalFailure", ErrorMessage: (error as Error).message }) };
  const isTheirs = error.status >= 500 || error.status === 429;
  return { result: isTheirs ? "again" : "never", statusCode: error.status, providerResponse: JSON.stringify({ ErrorCode: error.code, ErrorMessage: error.message }) };
}

/** As whom SNS writes: itself, for the topic. */
export const senderFor = ({ account, region, arn }: Pick<Topic, "account" | "region" | "arn">): Sender => ({ account, region, service: "sns.amazonaws.com", sourceArn: arn });
