// Delivery status logs: what became of deliveries, in CloudWatch Logs, for topics that ask for it.
// https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
import { createHash } from "node:crypto";
import { formatArn } from "../../kernel/arn.ts";
import type { RoomPorts } from "../service.ts";
import type { Delivery, Outcome } from "./delivery-outcome.ts";
import { textFor } from "./message.ts";

/** How topic attributes name the protocols that have such logs. */
const PREFIXES: Record<string, string> = { http: "HTTP", https: "HTTP", sqs: "SQS", lambda: "Lambda", firehose: "Firehose", application: "Application" };

/** Of an endpoint that answers for itself tries are counted (recorded logs of HTTP endpoints have `attempts`, those of functions none). */
const COUNTED = ["http", "https"];

export type LogStatus = (delivery: Delivery, outcome: Outcome, tries: number) => void;

export function openDeliveryStatus({ clock, ids, log, logs, access }: Pick<RoomPorts, "clock" | "ids" | "log" | "logs" | "access">): LogStatus {
  let stream: string | undefined;

  const write = async (delivery: Delivery, outcome: Outcome, tries: number, roleArn: string): Promise<void> => {
    const { account, region, name } = delivery.topic;
    const isDelivered = outcome.result === "delivered";
    const group = `sns/${region}/${account}/${name}${isDelivered ? "" : "/Failure"}`;
    stream ??= ids.uuid();
    await access.check({ actor: { roleArn }, action: "logs:PutLogEvents", resource: formatArn("logs", region, account, `log-group:${group}:log-stream:${stream}`) });
    logs.put({ account, region, group, stream }, [{ timestamp: clock.now(), message: statusLine(delivery, outcome, tries, clock.now(), ids.uuid()) }]);
  };

  return (delivery, outcome, tries) => {
    const roleArn = roleFor(delivery, outcome, ids.fraction);
    if (roleArn === undefined) return;
    write(delivery, outcome, tries, roleArn).catch((error: unknown) => log.warn("The delivery status of a message could not be logged", { topic: delivery.topic.arn, role: roleArn, error: (error as Error).message }));
  };
}

/** All failures, and as many in a hundred of the successes as the sample rate says (all, where it says nothing: the console's default). */
function roleFor({ topic: { attributes }, subscription }: Delivery, { result }: Outcome, fraction: () => number): string | undefined {
  const prefix = PREFIXES[subscription.protocol];
  if (prefix === undefined) return undefined;
  if (result !== "delivered") return attributes[`${prefix}FailureFeedbackRoleArn`];
  const roleArn = attributes[`${prefix}SuccessFeedbackRoleArn`];
  return roleArn !== undefined && fraction() * 100 < Number(attributes[`${prefix}SuccessFeedbackSampleRate`] ?? 100) ? roleArn : undefined;
}

/** Members and their order as in logs that users have shown (functions: 2024, HTTPS: 2020). */
function statusLine({ topic, subscription, message }: Delivery, { result, statusCode, providerResponse }: Outcome, tries: number, nowMs: number, deliveryId: string): string {
  const text = textFor(message, subscription.protocol);
  return JSON.stringify({
    notification: {
      messageMD5Sum: createHash("md5").update(text).digest("hex"), messageId: message.messageId, topicArn: topic.arn,
      timestamp: new Date(message.publishedMs).toISOString().replace("T", " ").slice(0, 23),
    },
    delivery: {
      deliveryId, destination: subscription.endpoint, providerResponse, dwellTimeMs: Math.round(nowMs - message.publishedMs),
      ...(COUNTED.includes(subscription.protocol) && { attempts: tries }), ...(statusCode !== undefined && { statusCode }),
    },
    status: result === "delivered" ? "SUCCESS" : "FAILURE",
  });
}
