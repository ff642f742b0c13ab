// The register: one line per service that Evoke serves.
import { cloudwatch } from "./cloudwatch/service.ts";
import { cloudwatchLogs } from "./cloudwatch-logs/service.ts";
import { eventbridge } from "./eventbridge/service.ts";
import { iam } from "./iam/service.ts";
import { lambda } from "./lambda/service.ts";
import { scheduler } from "./scheduler/service.ts";
import { s3 } from "./s3/service.ts";
import { sns } from "./sns/service.ts";
import { sqs } from "./sqs/service.ts";
import { sts } from "./sts/service.ts";

export const SERVICES = [
  cloudwatch,
  cloudwatchLogs,
  eventbridge,
  iam,
  lambda,
  scheduler,
  s3,
  sns,
  sqs,
  sts,
];
