// A runtime version: one exact interpreter behind a runtime's name, and the ARN it has in a region.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html
import { createHash } from "node:crypto";
import { formatArn } from "./arn.ts";

/** Made of what it names, so every machine that has this interpreter knows it by the same ARN: ("eu-west-1", "nodejs22.x", "22.23.3") → arn:aws:lambda:eu-west-1::runtime:HEX */
export const runtimeVersionArn = (region: string, runtime: string, version: string): string =>
  formatArn("lambda", region, "", `runtime:${createHash("sha256").update(`${runtime} ${version}`).digest("hex")}`);
