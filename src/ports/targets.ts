// Delivering to a resource by its ARN, whichever room it lives in: destinations, dead-letter queues, rules, subscriptions.

export interface TargetMessage {
  /** JSON text. */
  body: string;
  /** Message attributes, for queues and topics. */
  attributes?: Record<string, { /** String, Number or Binary, or one of them with a label: "Number.int" */ type: string; /** Base64 for Binary. */ value: string }>;
  /** MessageGroupId and MessageDeduplicationId, for FIFO queues and topics (and the group alone for fair queues). */
  group?: string;
  deduplicationId?: string;
  /** Subject, for topics. */
  subject?: string;
  /** For event buses. */
  event?: { source: string; detailType: string; resources: string[]; /** Now, when absent. */ timeMs?: number };
  /** For log groups: which stream, and when it happened; now, when absent. */
  log?: { stream: string; timeMs?: number };
  /** For streams. */
  partitionKey?: string;
  /** For what runs something: as the sender's own API has them (EcsParameters, BatchParameters …). */
  parameters?: object;
  /** For buckets: the object's key. */
  key?: string;
  /** The trace header to hand on. */
  traceId?: string;
}

/** On whose behalf: the role or the service that must be permitted to write there. */
export interface Sender {
  account: string;
  region: string;
  /** An execution role's ARN; or the service when the resource's own policy decides. */
  roleArn?: string;
  service?: string;
  /** aws:SourceArn */
  sourceArn?: string;
}

export interface Target {
  /** The service in the ARNs this target takes: "sqs". */
  service: string;
  /** False when this ARN is of another kind, or no such resource exists. */
  exists(arn: string): Promise<boolean>;
  /** Stored when it resolves. Throws ServiceError when the resource refuses. */
  deliver(arn: string, message: TargetMessage, from: Sender): Promise<void>;
  /** All of them in this order, or none. */
  deliverAll?(arn: string, messages: TargetMessage[], from: Sender): Promise<void>;
}

export interface Targets {
  /** False when nothing here delivers to ARNs of this service. */
  serves(arn: string): boolean;
  exists(arn: string): Promise<boolean>;
  /** Checks the sender's permission first. Throws ServiceError. */
  deliver(arn: string, message: TargetMessage, from: Sender): Promise<void>;
  /** As `deliver`, all of them in this order, or none; to queues. */
  deliverAll(arn: string, messages: TargetMessage[], from: Sender): Promise<void>;
}
