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
  /** SNS runs an older event-ruler, which takes one string for anything-but's prefix, and has a sentence of its own for others. */
  oneAnythingButPrefix: boolean;
}

const COMMON = ["exactly", "prefix", "suffix", "equals-ignore-case", "numeric", "anything-but", "exists"];

const SNS: Grammar = {
  // https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html, and observed on AWS (LocalStack's recordings of
  // validation): anything-but has no other form than prefix. That wildcard is unknown there is concluded from its absence.
  operators: new Set([...COMMON, "cidr"]),
  anythingBut: new Set(["prefix"]),
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
