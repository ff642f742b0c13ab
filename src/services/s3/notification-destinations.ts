// Whether the destinations of a notification configuration are there, and let this bucket in.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
import { ServiceError } from "../../kernel/errors.ts";
import type { RoomPorts } from "../service.ts";
import type { Bucket } from "./bucket.ts";
import { bucketArn } from "./names.ts";
import type { NotificationRule } from "./notification.ts";
import { destinationsRefused } from "./notification-errors.ts";

type Ports = Pick<RoomPorts, "access" | "directory" | "targets">;

const WORDS = { queue: { noun: "queue", action: "sqs:SendMessage" }, topic: { noun: "topic", action: "sns:Publish" } } as const;

/** Throws InvalidArgument with all that is wrong. */
export async function checkDestinations(ports: Ports, bucket: Bucket, rules: NotificationRule[]): Promise<void> {
  const failed = [];
  for (const { kind, arn } of new Map(rules.map((rule) => [rule.arn, rule])).values()) {
    const why = await (kind === "function" ? whyNotFunction(ports, bucket, arn) : whyNot(ports, bucket, kind, arn));
    if (why !== undefined) failed.push({ name: kind === "function" ? `${arn}, null` : arn, why }); // "null" is recorded
  }
  if (failed.length > 0) throw destinationsRefused(failed);
}

async function whyNot(ports: Ports, bucket: Bucket, kind: "queue" | "topic", arn: string): Promise<string | undefined> {
  const { noun, action } = WORDS[kind];
  if (!(await ports.targets.exists(arn))) return `The destination ${noun} does not exist`;
  // "FIFO queues and topics aren't supported as an event notification destination"; our words.
  if (arn.endsWith(".fifo")) return `The destination ${noun} is a FIFO ${noun}, which is not supported as an event notification destination`;
  return (await admits(ports, bucket, action, arn)) ? undefined : `Permissions on the destination ${noun} do not allow S3 to publish notifications from this bucket`;
}

/** A function that is not there is refused in the same words (recorded). */
async function whyNotFunction(ports: Ports, bucket: Bucket, arn: string): Promise<string | undefined> {
  const admitted = (await ports.directory.resolve(arn)) !== undefined && (await admits(ports, bucket, "lambda:InvokeFunction", arn));
  return admitted ? undefined : `Not authorized to invoke function [${arn}]`;
}

/** While policies are not enforced, what they would refuse is let through, as it will be at delivery. */
async function admits({ access }: Ports, { name, account }: Bucket, action: string, resource: string): Promise<boolean> {
  try {
    await access.check({ actor: { service: "s3.amazonaws.com" }, action, resource, context: { "aws:SourceArn": bucketArn(name), "aws:SourceAccount": account } });
    return true;
  } catch (error) {
    if (error instanceof ServiceError) return false;
    throw error;
  }
}
