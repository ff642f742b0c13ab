// Who may do what. The gateway asks for callers, delivery for services and execution roles; one policy engine answers.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
import type { Principal } from "../kernel/call.ts";

export type Actor = Principal | { service: string } | { roleArn: string };

export interface AccessQuestion {
  actor: Actor;
  /** "lambda:InvokeFunction" */
  action: string;
  /** An ARN, or "*". */
  resource: string;
  /** Condition keys beyond the ones every request has, as AWS spells them: { "aws:SourceArn": "arn:…" }. */
  context?: Record<string, string | string[]>;
}

export type Decision =
  | { allowed: true }
  | {
      allowed: false;
      /** A statement denied it; otherwise nothing allowed it. */
      explicit: boolean;
      /** AWS's sentence: "User: … is not authorized to perform: … on resource: … because no identity-based policy allows the … action". */
      sentence: string;
      /** The AWS CLI command that would grant it; empty when no single command does. */
      grant: string;
    };

export type IamMode = "enforce" | "audit" | "off";

export interface Access {
  mode: IamMode;
  decide(question: AccessQuestion): Promise<Decision>;
  /** `enforce` throws AccessDenied; `audit` logs what AWS would have refused, with the command that grants it; `off` does nothing. */
  check(question: AccessQuestion): Promise<void>;
}
