// What the services that have patterns understand, each its part of one language.

/**
 * lambda: FilterCriteria of event source mappings. eventbridge: rules.
 * sns-attributes, sns-body: subscription filter policies in their two scopes.
 */
export type Dialect = "lambda" | "eventbridge" | "sns-attributes" | "sns-body";

export interface Grammar {
  /** What may stand where a value stands: { "prefix": … }. */
  operators: ReadonlySet<string>;
  /** What anything-but may be of: { "anything-but": { "prefix": … } }. */
  anythingBut: ReadonlySet<string>;
  /** prefix and suffix may ignore case: { "prefix": { "equals-ignore-case": … } }. */
  affixesIgnoreCase: boolean;
  /** SNS takes one string for anything-but's prefix, and has a sentence of its own for others (recorded). */
  oneAnythingButPrefix: boolean;
}

const COMMON = ["exactly", "prefix", "suffix", "equals-ignore-case", "numeric", "anything-but", "exists"];

const SNS: Grammar = {
  // https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html; anything-but has no suffix (LocalStack's recordings of validation).
  // wildcard, by itself and in anything-but: since July 2025 (https://aws.amazon.com/about-aws/whats-new/2025/07/amazon-sns-message-filtering-operators/),
  // tried on AWS in both scopes by the authors of chaosreload/aws-hands-on-lab (March 2026).
  operators: new Set([...COMMON, "cidr", "wildcard"]),
  anythingBut: new Set(["prefix", "wildcard"]),
  affixesIgnoreCase: false,
  oneAnythingButPrefix: true,
};

export const GRAMMARS: Record<Dialect, Grammar> = {
  // The column "Pipe support" of https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html,
  // and the shorter table of https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html: neither names cidr.
  lambda: { operators: new Set(COMMON), anythingBut: new Set(), affixesIgnoreCase: true, oneAnythingButPrefix: false },
  eventbridge: {
    operators: new Set([...COMMON, "cidr", "wildcard"]),
    anythingBut: new Set(["prefix", "suffix", "equals-ignore-case", "wildcard"]),
    affixesIgnoreCase: true,
    oneAnythingButPrefix: false,
  },
  "sns-attributes": SNS,
  "sns-body": SNS,
};
