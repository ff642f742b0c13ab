// The policy simulator: the same evaluation, over policies and a context that the caller brings. Implements ports/policy-simulator.ts.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
import { parseArn } from "../kernel/arn.ts";
import type { Principal } from "../kernel/call.ts";
import type { PolicySimulator, Simulated, SimulatedMatch, SimulatedPolicy, Simulation } from "../ports/policy-simulator.ts";
import { requestContext, type Source, sourceOf } from "./context.ts";
import { type Asked, evaluate, type Match } from "./evaluate.ts";
import { type Policy, policyOf } from "./policy.ts";
import { lastingKeys, type Who, whoIs } from "./who.ts";

export const policySimulator: PolicySimulator = {
  simulate(simulation) {
    const ready = prepare(simulation);
    const { actions, resources, from, limit } = simulation;
    const count = Math.max(0, Math.min(limit, actions.length * resources.length - from));
    return Array.from({ length: count }, (_, n) => one(ready, actions[Math.floor((from + n) / resources.length)]!, resources[(from + n) % resources.length]!));
  },

  contextKeys(documents) {
    const spelled = spellings(documents);
    return [...new Set(documents.flatMap((document) => policyOf(document).keys))].map((key) => spelled(key));
  },
};

interface Ready {
  who: Who;
  keys: Source;
  owner: string;
  policies: Asked["policies"];
  /** What the policies ask for, in lower case. */
  wantedKeys: string[];
  spelled: (key: string) => string;
}

function prepare(simulation: Simulation): Ready {
  const { identity, boundary, resourcePolicy, resourceOwner } = simulation;
  const { who, keys: own } = callerOf(simulation.callerArn);
  const given = sourceOf(simulation.context);
  const policies = { identity: identity.map(compiled), ...(boundary && { boundary: joined(boundary.map(compiled)) }), ...(resourcePolicy && { resource: compiled(resourcePolicy) }) };
  const wantedKeys = [...new Set([...policies.identity, policies.boundary, policies.resource].flatMap((policy) => policy?.keys ?? []))];
  return {
    who, policies, wantedKeys,
    // What the caller's ARN gives away need not be given; what is given wins.
    keys: (key) => given(key) ?? own(key),
    owner: resourceOwner === undefined ? "" : (parseArn(resourceOwner)?.account ?? ""),
    spelled: spellings([...identity, ...(boundary ?? []), ...(resourcePolicy ? [resourcePolicy] : [])].map(({ document }) => document)),
  };
}

const NOBODY: Who = { arn: "", account: "", kind: "user", identityArn: "" };

function callerOf(arn: string | undefined): { who: Who; keys: Source } {
  if (arn === undefined) return { who: NOBODY, keys: () => undefined };
  const principal: Principal = { arn, accountId: parseArn(arn)?.account ?? "", userId: "", accessKeyId: "", verified: true };
  const who = whoIs(principal, undefined);
  const keys = lastingKeys(who, principal, {});
  // The user's id cannot be told from the ARN.
  return { who, keys: (key) => (key === "aws:userid" ? undefined : keys(key)) };
}

const compiled = ({ id, document }: SimulatedPolicy): Policy => policyOf(document, id);

/** More than one boundary may be given; what any of them allows, the boundary allows. */
const joined = (policies: Policy[]): Policy => ({ name: "", kind: BOUNDARY, statements: policies.flatMap(({ statements }) => statements), keys: policies.flatMap(({ keys }) => keys) });

const BOUNDARY = "boundary";

function one({ who, keys, owner, policies, wantedKeys, spelled }: Ready, action: string, resource: string): Simulated {
  const context = requestContext(keys, keys);
  const asked: Asked = { who, action: action.toLowerCase(), resource, owner: owner || who.account, context, policies };
  const verdict = evaluate(asked);
  const { boundary } = policies;
  return {
    action, resource,
    decision: verdict.allowed ? "allowed" : verdict.explicit ? "explicitDeny" : "implicitDeny",
    matched: (verdict.explicit ? verdict.denies : verdict.allows).filter(({ policy }) => policy.kind !== BOUNDARY).map(shown),
    missingKeys: wantedKeys.filter((key) => context.get(key) === undefined).map(spelled),
    ...(boundary && { allowedByBoundary: evaluate({ ...asked, owner: who.account, policies: { identity: [boundary] } }).allowed }),
  };
}

const START = { line: 1, column: 1 };

const shown = ({ policy, statement }: Match): SimulatedMatch => ({ id: policy.name, start: statement.at?.start ?? START, end: statement.at?.end ?? START });

/** Keys as the documents write them: condition keys and variables both stand in them as text. */
function spellings(documents: string[]): (key: string) => string {
  const found = new Map(documents.flatMap((document) => [...document.matchAll(/[\w.-]+:[\w./:=+@-]+/g)].map(([text]) => [text.toLowerCase(), text])));
  return (key) => found.get(key) ?? key;
}
