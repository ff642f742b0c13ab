// The attributes of a queue: which may be set, to what, and how they are shown. Pure.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
import type { MessageCounts } from "../../storage/stores.ts";
import { invalidAttribute, limitNeedsScope, notSupported, oneEncryption, onlyOfFifo, queueTypeFixed, tooManyStatements, unknownAttribute } from "./errors.ts";
import { arnOf, type Encryption, type Fifo, type Queue } from "./queue.ts";
import { readRedrive, readRedriveAllow } from "./redrive.ts";

export type Settings = Pick<Queue, "delaySeconds" | "maximumBytes" | "retentionSeconds" | "waitSeconds" | "visibilitySeconds" | "policy" | "redrive" | "redriveAllow" | "fifo" | "encryption">;

type NumberField = "delaySeconds" | "maximumBytes" | "retentionSeconds" | "waitSeconds" | "visibilitySeconds";

/** 1 MiB since August 2025, 256 KiB before. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MESSAGE_BYTES_MAX = 1_048_576;

export const VISIBILITY_SECONDS_MAX = 43_200;

const NUMBERS: Record<string, { field: NumberField; min: number; max: number }> = {
  DelaySeconds: { field: "delaySeconds", min: 0, max: 900 },
  MaximumMessageSize: { field: "maximumBytes", min: 1024, max: MESSAGE_BYTES_MAX },
  MessageRetentionPeriod: { field: "retentionSeconds", min: 60, max: 1_209_600 },
  ReceiveMessageWaitTimeSeconds: { field: "waitSeconds", min: 0, max: 20 },
  VisibilityTimeout: { field: "visibilitySeconds", min: 0, max: VISIBILITY_SECONDS_MAX },
};

export const DEFAULTS: Settings = { delaySeconds: 0, maximumBytes: MESSAGE_BYTES_MAX, retentionSeconds: 345_600, waitSeconds: 0, visibilitySeconds: 30 };
export const FIFO_DEFAULTS: Fifo = { contentBased: false, scope: "queue", limit: "perQueue" };
const ENCRYPTION_DEFAULTS: Encryption = { managed: true };
const KEY_REUSE_SECONDS_DEFAULT = 300;
/** The key that AWS keeps for SQS, by its name or ARN. */
const AWS_MANAGED_KEY = /^(arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:)?alias\/aws\/sqs$/;

/** The settings with these changes. Throws AWS's error for the first that cannot be. */
export function withAttributes<T extends Settings>(settings: T, attributes: Record<string, string>): T {
  const changed = { ...settings };
  if (attributes["KmsMasterKeyId"] && attributes["SqsManagedSseEnabled"]?.toLowerCase() === "true") throw oneEncryption();
  for (const [name, value] of Object.entries(attributes)) change(changed, name, value);
  const { fifo } = changed;
  if (fifo?.limit === "perMessageGroupId" && fifo.scope !== "messageGroup") throw limitNeedsScope();
  return changed;
}

function change(to: Settings, name: string, value: string): void {
  const number = Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
  if (number) to[number.field] = readNumber(name, value, number);
  else if (Object.hasOwn(OTHERS, name)) OTHERS[name]!(to, value);
  else throw unknownAttribute(name);
}

function readNumber(name: string, value: string, { min, max }: { min: number; max: number }): number {
  const number = /^\d{1,10}$/.test(value) ? Number(value) : -1;
  if (number < min || number > max) throw invalidAttribute(name);
  return number;
}

function readChoice<T extends string>(name: string, value: string, choices: readonly T[]): T {
  if (!choices.includes(value as T)) throw invalidAttribute(name);
  return value as T;
}

/** An empty text takes the attribute away. */
const OTHERS: Record<string, (to: Settings, value: string) => void> = {
  Policy(to, value) {
    delete to.policy;
    if (value !== "") to.policy = checkedPolicy(value);
  },
  RedrivePolicy(to, value) {
    delete to.redrive;
    if (value !== "") to.redrive = readRedrive(value);
  },
  RedriveAllowPolicy(to, value) {
    delete to.redriveAllow;
    if (value !== "") to.redriveAllow = readRedriveAllow(value);
  },
  FifoQueue({ fifo }, value) {
    if (!fifo) throw unknownAttribute("FifoQueue");
    if (value.toLowerCase() !== "true") throw queueTypeFixed();
  },
  ContentBasedDeduplication(to, value) {
    if (!to.fifo) throw unknownAttribute("ContentBasedDeduplication");
    to.fifo = { ...to.fifo, contentBased: readChoice("ContentBasedDeduplication", value.toLowerCase(), ["true", "false"]) === "true" };
  },
  DeduplicationScope(to, value) {
    if (!to.fifo) throw onlyOfFifo("DeduplicationScope");
    to.fifo = { ...to.fifo, scope: readChoice("DeduplicationScope", value, ["queue", "messageGroup"]) };
  },
  FifoThroughputLimit(to, value) {
    if (!to.fifo) throw onlyOfFifo("FifoThroughputLimit");
    to.fifo = { ...to.fifo, limit: readChoice("FifoThroughputLimit", value, ["perQueue", "perMessageGroupId"]) };
  },
  // One takes the place of the other; without a key, SSE-SQS stays off (recorded).
  SqsManagedSseEnabled(to, value) {
    const managed = readChoice("SqsManagedSseEnabled", value.toLowerCase(), ["true", "false"]) === "true";
    const { kmsKeyId, ...rest } = to.encryption ?? ENCRYPTION_DEFAULTS;
    to.encryption = { ...rest, managed, ...(!managed && kmsKeyId !== undefined && { kmsKeyId }) };
  },
  KmsMasterKeyId(to, value) {
    if (value !== "" && !AWS_MANAGED_KEY.test(value)) throw notSupported("KmsMasterKeyId with a key of your own, only the AWS managed key alias/aws/sqs: there is no KMS here");
    const { kmsKeyId: _before, ...rest } = to.encryption ?? ENCRYPTION_DEFAULTS;
    to.encryption = value === "" ? rest : { ...rest, managed: false, kmsKeyId: value };
  },
  KmsDataKeyReusePeriodSeconds(to, value) {
    to.encryption = { ...(to.encryption ?? ENCRYPTION_DEFAULTS), keyReuseSeconds: readNumber("KmsDataKeyReusePeriodSeconds", value, { min: 60, max: 86_400 }) };
  },
};

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html */
const STATEMENTS_MAX = 20;
const POLICY_BYTES_MAX = 8192;

function checkedPolicy(text: string): string {
  let policy: { Version?: unknown; Statement?: unknown } | null;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidAttribute("Policy");
  }
  if (typeof policy !== "object" || policy === null || Buffer.byteLength(text) > POLICY_BYTES_MAX) throw invalidAttribute("Policy");
  const { Version, Statement } = policy;
  if (Version !== undefined && Version !== "2008-10-17" && Version !== "2012-10-17") throw invalidAttribute("Policy");
  const statements: unknown[] = Array.isArray(Statement) ? Statement : [Statement];
  if (statements.length === 0 || !statements.every(isStatement)) throw invalidAttribute("Policy");
  if (statements.length > STATEMENTS_MAX) throw tooManyStatements(statements.length, STATEMENTS_MAX);
  return text;
}

function isStatement(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource } = value as Record<string, unknown>;
  const isNames = (names: unknown) => typeof names === "string" || (Array.isArray(names) && names.every((name) => typeof name === "string"));
  return (Effect === "Allow" || Effect === "Deny") && (Principal ?? NotPrincipal) !== undefined && isNames(Action ?? NotAction) && isNames(Resource ?? NotResource);
}

const COUNTS = {
  ApproximateNumberOfMessages: "visible", ApproximateNumberOfMessagesNotVisible: "held", ApproximateNumberOfMessagesDelayed: "delayed",
} as const satisfies Record<string, keyof MessageCounts>;

const seconds = (ms: number): string => String(Math.trunc(ms / 1000));

/** By name, each only when the queue has it. */
const SHOWN: Record<string, (queue: Queue) => string | undefined> = {
  QueueArn: arnOf,
  CreatedTimestamp: ({ createdMs }) => seconds(createdMs),
  LastModifiedTimestamp: ({ modifiedMs }) => seconds(modifiedMs),
  ...Object.fromEntries(Object.entries(NUMBERS).map(([name, { field }]) => [name, (queue: Queue) => String(queue[field])])),
  SqsManagedSseEnabled: ({ encryption }) => String((encryption ?? ENCRYPTION_DEFAULTS).managed),
  Policy: ({ policy }) => policy,
  RedrivePolicy: ({ redrive }) => redrive?.text,
  RedriveAllowPolicy: ({ redriveAllow }) => redriveAllow?.text,
  FifoQueue: ({ fifo }) => fifo && "true",
  ContentBasedDeduplication: ({ fifo }) => fifo && String(fifo.contentBased),
  DeduplicationScope: ({ fifo }) => fifo?.scope,
  FifoThroughputLimit: ({ fifo }) => fifo?.limit,
  KmsMasterKeyId: ({ encryption }) => encryption?.kmsKeyId,
  KmsDataKeyReusePeriodSeconds: ({ encryption }) => (encryption?.kmsKeyId === undefined ? undefined : String(encryption.keyReuseSeconds ?? KEY_REUSE_SECONDS_DEFAULT)),
};

/** What is asked for; `counts` is called only when a count is. */
export async function showAttributes(queue: Queue, names: string[], counts: () => Promise<MessageCounts>): Promise<Record<string, string>> {
  const all = names.includes("All");
  for (const name of names) if (name !== "All" && !Object.hasOwn(SHOWN, name) && !Object.hasOwn(COUNTS, name)) throw unknownAttribute(name);
  const wanted = new Set(all ? [...Object.keys(SHOWN), ...Object.keys(COUNTS)] : names);
  const shown: Record<string, string> = {};
  for (const name of wanted) {
    const value = SHOWN[name]?.(queue);
    if (value !== undefined) shown[name] = value;
  }
  if (Object.keys(COUNTS).some((name) => wanted.has(name))) {
    const counted = await counts();
    for (const [name, field] of Object.entries(COUNTS)) if (wanted.has(name)) shown[name] = String(counted[field]);
  }
  return shown;
}

/** The first of these attributes that the queue has another value for. */
export function differingAttribute(queue: Queue, attributes: Record<string, string>): string | undefined {
  const wanted = withAttributes(queue, attributes);
  return Object.keys(attributes).find((name) => !sameText(SHOWN[name]?.(wanted), SHOWN[name]?.(queue)));
}

function sameText(one: string | undefined, other: string | undefined): boolean {
  return one === other || (one?.startsWith("{") === true && other?.startsWith("{") === true && JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other)));
}
