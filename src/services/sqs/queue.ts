// What a queue is, what it is called, and how its name, ARN and URL belong together. Pure.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";

export interface Redrive {
  /** As the caller wrote it. */
  text: string;
  targetArn: string;
  maxReceives: number;
}

export interface RedriveAllow {
  text: string;
  permission: "allowAll" | "denyAll" | "byQueue";
  sourceArns: string[];
}

export interface Fifo {
  contentBased: boolean;
  scope: "queue" | "messageGroup";
  limit: "perQueue" | "perMessageGroupId";
}

/** What the queue says of its encryption at rest, which is the disk's (decision 0018). */
export interface Encryption {
  managed: boolean;
  /** In place of `managed`. */
  kmsKeyId?: string;
  keyReuseSeconds?: number;
}

export interface Queue {
  /** Of this queue and of no later one of its name; its messages are stored under it. */
  id: string;
  account: string;
  region: string;
  name: string;
  createdMs: number;
  modifiedMs: number;
  delaySeconds: number;
  maximumBytes: number;
  retentionSeconds: number;
  waitSeconds: number;
  visibilitySeconds: number;
  policy?: string;
  redrive?: Redrive;
  redriveAllow?: RedriveAllow;
  fifo?: Fifo;
  /** Undefined while it is as in a new queue. */
  encryption?: Encryption;
  tags: Record<string, string>;
  /** When PurgeQueue was last called. */
  purgedMs?: number;
}

/** Documents of queues: by ACCOUNT/REGION/NAME. */
export const QUEUES = "sqs/queue";

export type Owner = Pick<Queue, "account" | "region" | "name">;

export const orderOf = ({ fifo }: Pick<Queue, "fifo">): "fifo" | "standard" => (fifo ? "fifo" : "standard");
export const keyOf = ({ account, region, name }: Owner): string => `${account}/${region}/${name}`;
export const arnOf = ({ account, region, name }: Owner): string => formatArn("sqs", region, account, name);

/** Undefined when the ARN is of no queue. */
export function ownerByArn(arn: string): Owner | undefined {
  const { account = "", region = "", resource: name = "" } = parseArn(arn) ?? {};
  return REGION.test(region) && isOwner({ account, name }) && arn === arnOf({ account, region, name }) ? { account, region, name } : undefined;
}

const REGION = /^[a-z0-9-]{1,40}$/;
const ACCOUNT = /^\d{12}$/;
const NAME = /^[A-Za-z0-9_-]{1,80}$|^(?=.{6,80}$)[A-Za-z0-9_-]+\.fifo$/;
const STANDARD_NAME = /^[A-Za-z0-9_-]{1,80}$/;
export const isStandardName = (name: string): boolean => STANDARD_NAME.test(name);
/** The suffix counts towards the 80 characters. */
export const isFifoName = (name: string): boolean => NAME.test(name) && name.endsWith(".fifo");
/** False for what no queue is called, so that nobody looks for it. */
export const isOwner = ({ account, name }: Pick<Owner, "account" | "name">): boolean => ACCOUNT.test(account) && NAME.test(name);

/** By the name the caller knows this endpoint by, so that the URL works where the caller is. */
export const urlOf = ({ account, name }: Owner, { host, region }: Pick<Call, "host" | "region">): string => `http://${host || `sqs.${region}.amazonaws.com`}/${account}/${name}`;

/** `https://sqs.eu-west-1.amazonaws.com/…`, `https://eu-west-1.queue.amazonaws.com/…` */
const REGION_IN_HOST = /^https?:\/\/(?:sqs\.([a-z]{2}(?:-[a-z]+)+-\d)\.|([a-z]{2}(?:-[a-z]+)+-\d)\.queue\.)/;

/**
 * Whatever stands before them, the last two parts of a queue URL are the account and the name; a name alone is of the caller's account.
 * Undefined when it can be no queue of this region.
 */
export function ownerByUrl(url: string, { account, region }: Pick<Call, "account" | "region">): Owner | undefined {
  const end = url.endsWith("/") ? url.length - 1 : url.length;
  const slash = url.lastIndexOf("/", end - 1);
  const name = url.slice(slash + 1, end);
  if (slash < 0) return isOwner({ account, name }) ? { account, region, name } : undefined;
  const owner = url.slice(url.lastIndexOf("/", slash - 1) + 1, slash);
  if (!isOwner({ account: owner, name })) return undefined;
  const named = REGION_IN_HOST.exec(url);
  return named && (named[1] ?? named[2]) !== region ? undefined : { account: owner, region, name };
}
