// The register: one line per service that Evoke serves.
import { cloudwatchLogs } from "./cloudwatch-logs/service.ts";
import { lambda } from "./lambda/service.ts";
import { sts } from "./sts/service.ts";

export const SERVICES = [
  cloudwatchLogs,
  lambda,
  sts,
];
