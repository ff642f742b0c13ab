// What a function's name leads to, now: implemented by the Lambda room; read by delivery and by function URLs.
import type { FunctionVersion } from "./functions.ts";

export interface ResolvedFunction {
  /** Unqualified. */
  arn: string;
  /** As it was asked for: qualified only if the ARN was. */
  invokedArn: string;
  /** "$LATEST" when the ARN had no qualifier. */
  qualifier: string;
  /** What runs; for an alias with weights, drawn anew each time. Absent while the function cannot be invoked (Pending, Failed). */
  version?: FunctionVersion;
  reservedConcurrency?: number;
  recursiveLoop: "Allow" | "Terminate";
  /** Of the version: SQS or SNS. */
  deadLetterArn?: string;
  async: AsyncSettings;
}

/** The FunctionEventInvokeConfig of the qualifier, or AWS's defaults. https://docs.aws.amazon.com/lambda/latest/api/API_FunctionEventInvokeConfig.html */
export interface AsyncSettings {
  /** 0 to 2. */
  retriesMax: number;
  /** 60 to 21,600. */
  ageSecondsMax: number;
  onSuccessArn?: string;
  onFailureArn?: string;
}

export interface FunctionDirectory {
  /** A full ARN, qualified or not. Undefined when there is no such function, version or alias. */
  resolve(functionArn: string): Promise<ResolvedFunction | undefined>;
}
