// One step of the pipeline: what the caller must be permitted for an operation, asked of the policy engine.
// https://docs.aws.amazon.com/service-authorization/latest/reference/
import type { Call } from "../kernel/call.ts";
import type { AccessQuestion, AccessRule, Gatekeeper } from "../ports/access.ts";

export interface AccessRules {
  /** "lambda", in lambda:InvokeFunction. */
  prefix: string;
  /** By operation; what is not listed is its own action, on "*". */
  rules: Record<string, AccessRule | undefined>;
  /** The ARN of what exists, of one made from a name alone. */
  exactArn?: (arn: string) => Promise<string>;
  /** Condition keys that what exists already brings to an action on it. */
  standing?: (action: string, arn: string) => Promise<Record<string, string> | undefined>;
}

const NOTHING: readonly never[] = [];

/** The sentence to refuse with, if any. At once where all of it was decided a moment ago. */
export function authorize(gatekeeper: Gatekeeper, { prefix, rules, exactArn, standing }: AccessRules, operation: string, input: unknown, call: Call): string | undefined | Promise<string | undefined> {
  const rule = rules[operation];
  const named = typeof rule?.action === "function" ? rule.action(input) : rule?.action;
  if (named === "") return undefined;
  const action = named?.includes(":") ? named : `${prefix}:${named ?? operation}`;
  const resources = rule?.resources?.(input, call);
  const context = rule?.context?.(input, call);
  const found = async (question: AccessQuestion) => {
    const resource = exactArn ? await exactArn(question.resource) : question.resource;
    return gatekeeper.refusal({ ...question, resource, context: { ...(await standing?.(question.action, resource)), ...question.context } });
  };
  const consult = (question: AccessQuestion) => ((exactArn || rule?.standing) && question.resource !== "*" ? found(question) : gatekeeper.refusal(question));
  const ask = (resource: string) => consult({ actor: call.principal, action, resource, call, ...(context && { context }) });
  const also = rule?.also?.(input, call) ?? NOTHING;
  if (also.length === 0 && (resources === undefined || resources.length === 1)) return ask(resources?.[0] ?? "*");
  return first([...(resources ?? ["*"]).map((resource) => () => ask(resource)), ...also.map((more) => () => consult({ actor: call.principal, call, ...more }))]);
}

/** Of nobody in particular the operation itself asks the bucket's policy; what the request does besides is asked here, whatever the mode. */
export async function isOpenToAll({ decide }: Gatekeeper, { rules }: AccessRules, operation: string, input: unknown, call: Call): Promise<boolean> {
  for (const more of rules[operation]?.also?.(input, call) ?? []) if (!(await decide({ actor: call.principal, call, ...more })).allowed) return false;
  return true;
}

async function first(questions: (() => string | undefined | Promise<string | undefined>)[]): Promise<string | undefined> {
  for (const question of questions) {
    const sentence = await question();
    if (sentence !== undefined) return sentence;
  }
  return undefined;
}
