// RedrivePolicy and RedriveAllowPolicy: read, refused with AWS's reasons, and which queue may use which as its dead-letter queue. Pure.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
import { parseArn } from "../../kernel/arn.ts";
import { invalidAttribute, invalidRedrive, invalidRedriveAllow } from "./errors.ts";
import type { Queue, Redrive, RedriveAllow } from "./queue.ts";

const RECEIVES_MAX = 1000;
const SOURCES_MAX = 10;
/** Ours: ten ARNs are a fifth of it. What is kept with a queue is shown with it. */
const TEXT_CHARACTERS_MAX = 8192;

function readMap(text: string): Record<string, unknown> | undefined {
  if (text.length > TEXT_CHARACTERS_MAX) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export function readRedrive(text: string): Redrive {
  const policy = readMap(text);
  if (!policy) throw invalidAttribute("RedrivePolicy", "Redrive policy is not a valid JSON map.");
  const { maxReceiveCount, deadLetterTargetArn } = policy;
  if (maxReceiveCount === undefined) throw invalidRedrive(text, "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  if (deadLetterTargetArn === undefined) throw invalidRedrive(text, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  const count = typeof maxReceiveCount === "string" && /^\d+$/.test(maxReceiveCount) ? Number(maxReceiveCount) : maxReceiveCount;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > RECEIVES_MAX) throw invalidRedrive(text, `Invalid value for maxReceiveCount: ${String(maxReceiveCount)}, valid values are from 1 to 1000 both inclusive.`);
  const arn = typeof deadLetterTargetArn === "string" ? parseArn(deadLetterTargetArn) : undefined;
  if (!arn) throw invalidRedrive(text, "Dead-letter target ARN should be fully qualified ARN.");
  if (arn.service !== "sqs") throw invalidRedrive(text, "Only SQS queues are valid resources for deadLetterTargetArn.");
  if (Object.keys(policy).length > 2) throw invalidRedrive(text, "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].");
  return { text, targetArn: deadLetterTargetArn as string, maxReceives: count };
}

const PERMISSIONS = ["allowAll", "denyAll", "byQueue"];

export function readRedriveAllow(text: string): RedriveAllow {
  const policy = readMap(text);
  const { redrivePermission, sourceQueueArns, ...more } = policy ?? {};
  const isText = (value: unknown) => typeof value === "string";
  const listed = sourceQueueArns === undefined || (Array.isArray(sourceQueueArns) && sourceQueueArns.every(isText));
  if (!policy || !PERMISSIONS.includes(redrivePermission as string) || Object.keys(more).length > 0 || !listed) {
    throw invalidAttribute("RedriveAllowPolicy", "Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.");
  }
  const sourceArns = (sourceQueueArns ?? []) as string[];
  const permission = redrivePermission as RedriveAllow["permission"];
  if (permission !== "byQueue" && sourceQueueArns !== undefined) throw invalidRedriveAllow(text, "To specify one or more source queue ARNs, you must set redrivePermission to byQueue.");
  if (permission === "byQueue" && sourceArns.length === 0) throw invalidRedriveAllow(text, "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.");
  if (sourceArns.length > SOURCES_MAX) throw invalidRedriveAllow(text, "The maximum number of source queue ARNs you can specify is 10.");
  return { text, permission, sourceArns };
}

/** Throws where AWS does not let `source` use `target`; undefined where there is no such queue. */
export function checkDeadLetterQueue(redrive: Redrive, source: Pick<Queue, "account" | "region" | "fifo">, sourceArn: string, target: Queue | undefined): void {
  const { text, targetArn } = redrive;
  const arn = parseArn(targetArn)!;
  if (arn.account !== source.account) throw invalidRedrive(text, "Dead-letter target owner should be same as the source.");
  if (arn.region !== source.region || !target) throw invalidRedrive(text, "Dead letter target does not exist.");
  if (Boolean(target.fifo) !== Boolean(source.fifo)) throw invalidRedrive(text, "Dead-letter queue must be same type of queue as the source..");
  const allow = target.redriveAllow;
  const allowed = !allow || allow.permission === "allowAll" || (allow.permission === "byQueue" && allow.sourceArns.includes(sourceArn));
  // The rule is documented (RedriveAllowPolicy); the sentence is recalled.
  if (!allowed) throw invalidRedrive(text, `Queue ${target.name} does not allow this queue as its source: its redrive permission is ${allow!.permission}.`);
}
