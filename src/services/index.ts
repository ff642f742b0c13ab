// The register: one line per service that Evoke serves.
import { cloudwatchLogs } from "./cloudwatch-logs/service.ts";
import { iam } from "./iam/service.ts";
import { lambda } from "./lambda/service.ts";
import { sts } from "./sts/service.ts";

export const SERVICES = [
  cloudwatchLogs,
  iam,
  lambda,
  sts,
];
