// The register: one line per service that Evoke serves. Rooms are read and opened when they are needed: docs/decisions/0021-rooms-at-first-use.md
import type { Room } from "./service.ts";

export const SERVICES: Room[] = [
  { name: "events", load: async () => (await import("./eventbridge/service.ts")).eventbridge, target: true, keeps: { documents: ["events/bus", "events/rule", "events/archive", "events/unused-archive-log"], queues: ["events/", "delivery/events-"] } },
  { name: "iam", load: async () => (await import("./iam/service.ts")).iam, keeps: {} },
  { name: "lambda", load: async () => (await import("./lambda/service.ts")).lambda, target: true, keeps: { documents: ["lambda/function", "lambda/layer-version", "lambda/durable-execution"], queues: ["lambda/"] } },
  { name: "logs", load: async () => (await import("./cloudwatch-logs/service.ts")).cloudwatchLogs, target: true, keeps: { documents: ["logs/group"] } },
  { name: "monitoring", load: async () => (await import("./cloudwatch/service.ts")).cloudwatch, keeps: { documents: ["cloudwatch/metric", "cloudwatch/point"] } },
  { name: "pipes", load: async () => (await import("./pipes/service.ts")).pipes, keeps: {} },
  { name: "s3", arnServices: ["s3-object-lambda"], load: async () => (await import("./s3/service.ts")).s3, target: true, keeps: { documents: ["s3/bucket"], queues: ["s3/", "delivery/s3-"] } },
  { name: "s3-control", load: async () => (await import("./s3/access-points/service.ts")).s3Control, keeps: { documents: ["s3/batch-job"] } },
  { name: "scheduler", load: async () => (await import("./scheduler/service.ts")).scheduler, keeps: { documents: ["scheduler/schedule"], queues: ["scheduler/", "delivery/scheduler-"] } },
  { name: "sns", load: async () => (await import("./sns/service.ts")).sns, target: true, keeps: { documents: ["sns/topic", "sns/token", "sns/unused-archive-log"], queues: ["delivery/sns-"] } },
  { name: "sqs", load: async () => (await import("./sqs/service.ts")).sqs, target: true, source: true, keeps: { documents: ["sqs/queue", "sqs/unused-messages", "sqs/active-move-task"] } },
  { name: "sts", load: async () => (await import("./sts/service.ts")).sts, keeps: { documents: ["sts/session"] } },
];
