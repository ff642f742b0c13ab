// Event patterns: JSON that says which events are wanted, in the dialects of the services that have them.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
import { BadPattern } from "./bad-pattern.ts";
import { readBranches } from "./branches.ts";
import type { Branch } from "./branches.ts";
import type { Range } from "./condition.ts";
import { GRAMMARS } from "./dialect.ts";
import type { Dialect } from "./dialect.ts";
import { matcher } from "./matcher.ts";
import { tooComplex } from "./wildcard.ts";

export { BadPattern };
export type { Dialect };

export interface Pattern {
  /** `event` is what `parseEvent` makes of JSON (for sns-attributes what `attributesEvent` makes); anything else than an object matches nothing. */
  matches(event: unknown): boolean;
  /** What it comes to, an alternative of its $or each: an object matches when one of them says so. One at a time, where all at once would be long work. */
  alternatives: readonly ((event: object) => boolean)[];
  /** Paths, joined with dots, where every event that matches has one of these texts or numbers, or a text that begins so, or a number in one of these ranges: what many patterns can be found by. */
  required: ReadonlyMap<string, Required>;
}

export interface Required {
  equal: readonly (string | number)[];
  beginnings: readonly string[];
  ranges: readonly Range[];
}

/** Ten prefixes at once are too many: "*:*:*:*:*:event-bus/*" has ten and is refused by AWS, "/Users/*\/dir/dir/dir/dir/dir/doc.txt" has six and is not (observed, LocalStack's recordings); where between them AWS stops is concluded. */
const WILDCARD_PREFIXES_MAX = 10;
const SNS_KEYS_MAX = 5;
const SNS_COMBINATIONS_MAX = 150;
const SNS_WILDCARD_POINTS_MAX = 100;
const SNS_ASTERISKS_MAX = 3;

/**
 * Throws BadPattern; its reason is AWS's sentence: for eventbridge what follows "Event pattern is not valid. Reason: ", for
 * SNS what follows "Invalid parameter: " (or "Invalid parameter: Attributes Reason: "), for lambda what Lambda keeps to itself.
 */
export function compile(text: string, dialect: Dialect): Pattern {
  const sns = dialect === "sns-attributes" || dialect === "sns-body";
  // A filter policy is taken away by setting an empty one.
  if (sns && /^\s*\{\s*\}\s*$/.test(text)) return { matches: () => true, alternatives: [() => true], required: new Map() };
  const branches = sns ? readPolicy(text, dialect) : readBranches(text, GRAMMARS[dialect]).branches;
  // A thousand alternatives may share one field, and it takes milliseconds.
  for (const { wildcards } of new Set(branches.flatMap((branch) => [...branch.values()]))) {
    if (wildcards.length > 0 && tooComplex(wildcards, WILDCARD_PREFIXES_MAX)) {
      throw new BadPattern("Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard character");
    }
  }
  const matchers = branches.map(matcher);
  const matches = matchers.length === 1 ? matchers[0]! : (event: object) => matchers.some((match) => match(event));
  return { matches: (event) => typeof event === "object" && event !== null && !Array.isArray(event) && matches(event), alternatives: matchers, required: requiredOf(branches) };
}

/** Of the fields that all alternatives share, those that are plain texts, or their beginnings, or numbers. */
function requiredOf([first, ...others]: Branch[]): Map<string, Required> {
  const required = new Map<string, Required>();
  for (const [path, { values, tests, beginnings, ranges, absence }] of first ?? []) {
    const equal = [...values].filter((value) => typeof value === "string" || typeof value === "number");
    if (tests.length > beginnings.length + ranges.length || absence || equal.length < values.size) continue;
    if (others.every((other) => other.get(path)?.values === values)) required.set(path, { equal, beginnings, ranges });
  }
  return required;
}

/** https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html; sentences observed on AWS. */
function readPolicy(text: string, dialect: "sns-attributes" | "sns-body"): Branch[] {
  const { branches, keys } = policyBranches(text, dialect);
  if (dialect === "sns-attributes" && branches.some((branch) => [...branch.values()].some(({ depth }) => depth > 1))) {
    throw new BadPattern("Filter policy scope MessageAttributes does not support nested filter policy");
  }
  if (new Set(keys).size > SNS_KEYS_MAX) throw new BadPattern(`FilterPolicy: Filter policy can not have more than ${SNS_KEYS_MAX} keys`);
  const combinations = branches.reduce((sum, branch) => sum + [...branch.values()].reduce((product, { size, depth }) => product * size * depth, 1), 0);
  if (combinations > SNS_COMBINATIONS_MAX || wildcardsTooMany(branches)) throw new BadPattern("FilterPolicy: Filter policy is too complex");
  return branches;
}

/**
 * A pattern with one asterisk has one point, one with more has three for each; a field's points are their sum times the number of its patterns.
 * The page of the constraints, as chaosreload/aws-hands-on-lab quotes it; what AWS says to more is not known.
 */
function wildcardsTooMany(branches: Branch[]): boolean {
  let points = 0;
  for (const { wildcards } of new Set(branches.flatMap((branch) => [...branch.values()]))) {
    const asterisks = wildcards.map((parts) => parts.length - 1);
    if (asterisks.some((count) => count > SNS_ASTERISKS_MAX)) return true;
    points += wildcards.length * asterisks.reduce((sum, count) => sum + (count > 1 ? 3 * count : count), 0);
  }
  return points > SNS_WILDCARD_POINTS_MAX;
}

function policyBranches(text: string, dialect: "sns-attributes" | "sns-body"): ReturnType<typeof readBranches> {
  try {
    return readBranches(text, GRAMMARS[dialect]);
  } catch (error) {
    throw error instanceof BadPattern ? new BadPattern(`FilterPolicy: ${error.reason}`) : error;
  }
}
