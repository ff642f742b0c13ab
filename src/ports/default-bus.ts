// What a service says of its own resources: events on the default bus of their account and region. Implemented by the EventBridge room.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events.html
import type { LaneSend } from "./lanes.ts";

export interface ServiceEvent {
  account: string;
  region: string;
  /** "aws.s3" */
  source: string;
  /** "Object Created" */
  detailType: string;
  /** ARNs. */
  resources: string[];
  detail: object;
  /** When it happened; now, when absent. */
  timeMs?: number;
  /** The trace header to hand on. */
  traceId?: string;
}

export interface DefaultBus {
  /** To be sent in the transaction of what has happened (Lanes.transaction); nothing when no rule and no archive takes it, so ask before the transaction. */
  sends(event: ServiceEvent): Promise<LaneSend[]>;
  /** By itself; stored when it resolves. 0 when no rule and no archive takes it. */
  emit(event: ServiceEvent): Promise<number>;
}
