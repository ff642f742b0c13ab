// Who may do what. The gateway asks for callers, delivery for services and execution roles; one policy engine answers.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
import type { Call, Principal } from "../kernel/call.ts";

export type Actor = Principal | { service: string } | { roleArn: string };

export interface AccessQuestion {
  actor: Actor;
  /** "lambda:InvokeFunction" */
  action: string;
  /** An ARN, or "*". */
  resource: string;
  /** Condition keys beyond the ones every request has, as AWS spells them: { "aws:SourceArn": "arn:…" }. */
  context?: Record<string, string | string[]>;
  /** The request it is asked for, when there is one: where it came from, when, for which region. */
  call?: Pick<Call, "now" | "region" | "sourceIp" | "userAgent">;
}

export type Decision =
  | { allowed: true }
  | {
      allowed: false;
      /** A statement denied it; otherwise nothing allowed it. */
      explicit: boolean;
      /** AWS's sentence: "User: … is not authorized to perform: … on resource: … because no identity-based policy allows the … action". */
      sentence: string;
      /** The AWS CLI command that would grant it; empty when no single command does, and when it is in the log already. */
      grant: string;
    };

export type IamMode = "enforce" | "audit" | "off";

export interface Access {
  mode: IamMode;
  decide(question: AccessQuestion): Promise<Decision>;
  /** `enforce` throws AccessDenied; `audit` logs what AWS would have refused, with the command that grants it; `off` does nothing. */
  check(question: AccessQuestion): Promise<void>;
}

/** The gateway's side of it. */
export interface Gatekeeper extends Access {
  /** As `check`, for one who has its own way to say no: the sentence to refuse with. At once when it was decided a moment ago. */
  refusal(question: AccessQuestion): string | undefined | Promise<string | undefined>;
  /** Something that decisions rest on has changed in this process; what other processes change is seen within a second. */
  changed(): void;
}

/** What IAM calls an operation, and the ARNs it is about: https://docs.aws.amazon.com/service-authorization/latest/reference/ */
export interface AccessRule {
  /** Without the service's prefix, when it is not the operation's name; "" when no permission is needed. S3 has actions of their own for versions. */
  action?: string | ((input: any) => string);
  /** The ARNs the action is on; "*" when absent. */
  resources?(input: any, call: Call): string[];
  /** Condition keys this operation sets, with AWS's spelling. */
  context?(input: any, call: Call): Record<string, string | string[]>;
  /** What the caller must be permitted besides: passing a role, tagging a session. */
  also?(input: any, call: Call): Pick<AccessQuestion, "action" | "resource" | "context">[];
  /** What exists already brings condition keys of its own to it (Service.standing). */
  standing?: true;
  /** What it changes may change what is permitted. */
  changesAccess?: boolean;
}
