// Decisions from policies: AWS's documented evaluation logic, row by row.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Principal } from "../kernel/call.ts";
import type { Actor } from "../ports/access.ts";
import { requestContext, sourceOf } from "./context.ts";
import { evaluate, type Verdict } from "./evaluate.ts";
import { policyOf } from "./policy.ts";
import { sentenceOf } from "./sentences.ts";
import { whoIs } from "./who.ts";

const A = "111122223333";
const B = "444455556666";
const principal = (arn: string, accountId = A, session?: Principal["session"]): Principal => ({ arn, accountId, userId: "AIDAEXAMPLE", accessKeyId: "AKIA", verified: true, ...(session && { session }) });
const ann = principal(`arn:aws:iam::${A}:user/ann`);
const root = principal(`arn:aws:iam::${A}:root`);
const worker = principal(`arn:aws:sts::${A}:assumed-role/worker/now`);
const ROLE = `arn:aws:iam::${A}:role/team/worker`;
const s3 = { service: "s3.amazonaws.com" };
const FN = `arn:aws:lambda:eu-west-1:${A}:function:f`;
const OTHER_FN = `arn:aws:lambda:eu-west-1:${B}:function:f`;
const INVOKE = "lambda:InvokeFunction";

type Statement = Record<string, unknown>;
const document = (...statements: Statement[]) => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (more: Statement = {}): Statement => ({ Effect: "Allow", Action: INVOKE, Resource: "*", ...more });
const deny = (more: Statement = {}): Statement => ({ ...allow(more), Effect: "Deny" });

interface Given { actor?: Actor; action?: string; resource?: string; identity?: Statement[]; boundary?: Statement[]; session?: Statement[]; resourcePolicy?: Statement[]; context?: Record<string, string | string[]> }

function decide({ actor = ann, action = INVOKE, resource = FN, identity = [], boundary, session, resourcePolicy, context = {} }: Given): Verdict {
  const who = whoIs(actor, "arn" in actor && actor.arn.includes("assumed-role") ? { identity: [], tags: {}, id: "AROAEXAMPLE", path: "/team/", revision: "1" } : undefined);
  return evaluate({
    who, action: action.toLowerCase(), resource, owner: resource.split(":")[4] ?? "", context: requestContext(sourceOf(context), () => undefined),
    policies: { identity: [policyOf(document(...identity))], ...(boundary && { boundary: policyOf(document(...boundary)) }), ...(session && { session: [policyOf(document(...session))] }), ...(resourcePolicy && { resource: policyOf(document(...resourcePolicy)) }) },
  });
}

/** "allow", or "deny"/"none" and which kind of policy it was. */
const outcome = (given: Given): string => {
  const { allowed, explicit, layer } = decide(given);
  return allowed ? "allow" : `${explicit ? "deny" : "none"} ${layer}`;
};
const rows = (table: [why: string, given: Given, expected: string][]) => { for (const [why, given, expected] of table) assert.equal(outcome(given), expected, why); };

test("nothing is allowed unless a policy says so, and a denial wins over everything", () => rows([
  ["no policy", {}, "none identity"],
  ["an identity-based policy", { identity: [allow()] }, "allow"],
  ["another action", { identity: [allow({ Action: "lambda:GetFunction" })] }, "none identity"],
  ["another resource", { identity: [allow({ Resource: `${FN}2` })] }, "none identity"],
  ["a denial beside it", { identity: [allow(), deny()] }, "deny identity"],
  ["a denial by the resource", { identity: [allow()], resourcePolicy: [deny({ Principal: "*" })] }, "deny resource"],
  ["a denial that does not match", { identity: [allow(), deny({ Resource: `${FN}2` })] }, "allow"],
  ["a condition that holds", { identity: [allow({ Condition: { StringEquals: { "aws:x": "1" } } })], context: { "aws:X": "1" } }, "allow"],
  ["a condition that does not", { identity: [allow({ Condition: { StringEquals: { "aws:x": "1" } } })], context: { "aws:X": "2" } }, "none identity"],
  ["all operators and keys must hold", { identity: [allow({ Condition: { StringEquals: { "aws:x": "1", "aws:y": "2" }, Bool: { "aws:z": "true" } } })], context: { "aws:x": "1", "aws:y": "2", "aws:z": "false" } }, "none identity"],
]));

test("NotAction and NotResource are everything else", () => rows([
  ["NotAction of another", { identity: [allow({ Action: undefined, NotAction: "iam:*" })] }, "allow"],
  ["NotAction of this", { identity: [allow({ Action: undefined, NotAction: ["iam:*", "lambda:*"] })] }, "none identity"],
  ["NotResource of another", { identity: [allow({ Resource: undefined, NotResource: `${FN}2` })] }, "allow"],
  ["NotResource of this", { identity: [allow({ Resource: undefined, NotResource: `${FN}*` })] }, "none identity"],
  ["a denial of all but one", { identity: [allow({ Action: "*" }), deny({ Action: undefined, NotAction: INVOKE })], action: "lambda:GetFunction" }, "deny identity"],
]));

// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-eval-logic
test("boundaries and session policies limit, and never give", () => rows([
  ["a boundary alone gives nothing", { boundary: [allow()] }, "none identity"],
  ["both", { identity: [allow()], boundary: [allow()] }, "allow"],
  ["not in the boundary", { identity: [allow()], boundary: [allow({ Action: "s3:*" })] }, "none boundary"],
  ["denied by the boundary", { identity: [allow()], boundary: [allow({ Action: "*" }), deny()] }, "deny boundary"],
  ["not in the session policy", { actor: worker, identity: [allow()], session: [allow({ Action: "s3:*" })] }, "none session"],
  ["in both", { actor: worker, identity: [allow()], session: [allow()] }, "allow"],
  ["a session policy alone", { actor: worker, session: [allow()] }, "none identity"],
  ["an empty session", { actor: worker, identity: [allow()], session: [] }, "none session"],
]));

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
test("a resource of one's own account can give permission itself", () => rows([
  ["to a user", { resourcePolicy: [allow({ Principal: { AWS: ann.arn } })] }, "allow"],
  ["to a user, whatever the boundary leaves out", { boundary: [], resourcePolicy: [allow({ Principal: { AWS: ann.arn } })] }, "allow"],
  ["but not against a boundary's denial", { boundary: [deny()], resourcePolicy: [allow({ Principal: { AWS: ann.arn } })] }, "deny boundary"],
  ["to a role", { actor: worker, resourcePolicy: [allow({ Principal: { AWS: ROLE } })] }, "allow"],
  ["to a role, within its boundary", { actor: worker, boundary: [], resourcePolicy: [allow({ Principal: { AWS: ROLE } })] }, "none boundary"],
  ["to a role, within its session", { actor: worker, session: [], resourcePolicy: [allow({ Principal: { AWS: ROLE } })] }, "none session"],
  ["to a session, beyond its boundary", { actor: worker, boundary: [], session: [], resourcePolicy: [allow({ Principal: { AWS: worker.arn } })] }, "allow"],
  ["to a role by its id", { actor: worker, resourcePolicy: [allow({ Principal: { AWS: "AROAEXAMPLE" } })] }, "allow"],
  ["to the account: its own policies decide", { resourcePolicy: [allow({ Principal: { AWS: A } })] }, "none identity"],
  ["to the account, with a policy", { identity: [allow()], resourcePolicy: [allow({ Principal: { AWS: `arn:aws:iam::${A}:root` } })] }, "allow"],
  ["to everyone", { resourcePolicy: [allow({ Principal: "*" })] }, "allow"],
  ["to somebody else", { resourcePolicy: [allow({ Principal: { AWS: `${ann.arn}2` } })] }, "none identity"],
  ["the root needs nothing", { actor: root }, "allow"],
]));

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
test("a resource of another account needs both sides", () => rows([
  ["only mine", { resource: OTHER_FN, identity: [allow()] }, "none resource"],
  ["only theirs", { resource: OTHER_FN, resourcePolicy: [allow({ Principal: { AWS: ann.arn } })] }, "none identity"],
  ["both, to me", { resource: OTHER_FN, identity: [allow()], resourcePolicy: [allow({ Principal: { AWS: ann.arn } })] }, "allow"],
  ["both, to my account", { resource: OTHER_FN, identity: [allow()], resourcePolicy: [allow({ Principal: { AWS: A } })] }, "allow"],
  ["both, to everyone", { resource: OTHER_FN, identity: [allow()], resourcePolicy: [allow({ Principal: { AWS: "*" } })] }, "allow"],
  ["a role within its boundary", { actor: worker, resource: OTHER_FN, identity: [allow()], boundary: [], resourcePolicy: [allow({ Principal: { AWS: ROLE } })] }, "none boundary"],
  ["my root, with their grant", { actor: root, resource: OTHER_FN, resourcePolicy: [allow({ Principal: { AWS: A } })] }, "allow"],
  ["my root, without", { actor: root, resource: OTHER_FN }, "none resource"],
]));

test("a service needs the resource's own word, with its conditions", () => {
  const grant = allow({ Principal: { Service: "s3.amazonaws.com" }, Resource: FN, Condition: { ArnLike: { "AWS:SourceArn": "arn:aws:s3:::photos" }, StringEquals: { "AWS:SourceAccount": A } } });
  const from = (arn: string, account = A) => ({ "aws:SourceArn": arn, "aws:SourceAccount": account });
  rows([
    ["no policy", { actor: s3 }, "none resource"],
    ["the bucket it was given for", { actor: s3, resourcePolicy: [grant], context: from("arn:aws:s3:::photos") }, "allow"],
    ["another bucket", { actor: s3, resourcePolicy: [grant], context: from("arn:aws:s3:::other") }, "none resource"],
    ["another account", { actor: s3, resourcePolicy: [grant], context: from("arn:aws:s3:::photos", B) }, "none resource"],
    ["no source at all", { actor: s3, resourcePolicy: [grant] }, "none resource"],
    ["another service", { actor: { service: "sns.amazonaws.com" }, resourcePolicy: [grant], context: from("arn:aws:s3:::photos") }, "none resource"],
    ["an alias, with the function's policy", { actor: s3, resource: `${FN}:prod`, resourcePolicy: [grant], context: from("arn:aws:s3:::photos") }, "none resource"],
    ["an account is no service", { actor: s3, resourcePolicy: [allow({ Principal: { AWS: A } })] }, "none resource"],
  ]);
});

test("a role is assumed by whom it trusts, and by nobody else", () => {
  const trust = (Principal: unknown, more: Statement = {}): Statement => ({ Effect: "Allow", Principal, Action: "sts:AssumeRole", ...more });
  const assume = (given: Given): Given => ({ action: "sts:AssumeRole", resource: ROLE, ...given });
  const may = [allow({ Action: "sts:AssumeRole" })];
  rows([
    ["a policy alone is not enough", assume({ identity: may }), "none trust"],
    ["named by the role", assume({ resourcePolicy: [trust({ AWS: ann.arn })] }), "allow"],
    ["its account named: needs a policy", assume({ resourcePolicy: [trust({ AWS: A })] }), "none identity"],
    ["its account named, with a policy", assume({ identity: may, resourcePolicy: [trust({ AWS: A })] }), "allow"],
    ["from another account", assume({ actor: principal(`arn:aws:iam::${B}:user/bob`, B), identity: may, resourcePolicy: [trust({ AWS: B })] }), "allow"],
    ["from another account without a policy", assume({ actor: principal(`arn:aws:iam::${B}:user/bob`, B), resourcePolicy: [trust({ AWS: B })] }), "none identity"],
    ["an external id", assume({ resourcePolicy: [trust({ AWS: ann.arn }, { Condition: { StringEquals: { "sts:ExternalId": "secret" } } })], context: { "sts:ExternalId": "secret" } }), "allow"],
    ["the wrong external id", assume({ resourcePolicy: [trust({ AWS: ann.arn }, { Condition: { StringEquals: { "sts:ExternalId": "secret" } } })], context: { "sts:ExternalId": "guess" } }), "none trust"],
    ["denied by the role", assume({ identity: may, resourcePolicy: [trust({ AWS: A }), { ...trust({ AWS: ann.arn }), Effect: "Deny" }] }), "deny trust"],
    ["a service", assume({ actor: { service: "lambda.amazonaws.com" }, resourcePolicy: [trust({ Service: ["ec2.amazonaws.com", "lambda.amazonaws.com"] })] }), "allow"],
    ["another service", assume({ actor: { service: "lambda.amazonaws.com" }, resourcePolicy: [trust({ Service: "ec2.amazonaws.com" })] }), "none trust"],
  ]);
});

test("NotPrincipal spares only those who are listed in full", () => rows([
  ["user and account", { identity: [allow()], resourcePolicy: [deny({ NotPrincipal: { AWS: [ann.arn, `arn:aws:iam::${A}:root`] } })] }, "allow"],
  ["somebody else", { actor: principal(`arn:aws:iam::${A}:user/bob`), identity: [allow()], resourcePolicy: [deny({ NotPrincipal: { AWS: [ann.arn, A] } })] }, "deny resource"],
  ["a session, its role and its account", { actor: worker, identity: [allow()], resourcePolicy: [deny({ NotPrincipal: { AWS: [worker.arn, ROLE, A] } })] }, "allow"],
  ["a session without its role", { actor: worker, identity: [allow()], resourcePolicy: [deny({ NotPrincipal: { AWS: [worker.arn, A] } })] }, "deny resource"],
]));

test("a document that cannot be understood neither allows nor denies", () => {
  for (const text of ["", "[]", "null", "{", '{"Statement":"x"}', '{"Statement":[null,{"Effect":"Maybe"}]}', document(allow({ Condition: { StringSounds: { a: "b" } } })), document(allow({ Condition: "x" }))]) assert.deepEqual(policyOf(text).statements, [], text);
  assert.equal(policyOf('{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}"}}').keys.length, 0, "variables came with 2012-10-17");
});

test("a condition nobody understands never grants, and always denies", () => rows([
  ["a grant", { identity: [allow({ Condition: { StringSounds: { "aws:x": "y" } } })] }, "none identity"],
  ["a denial", { identity: [allow(), deny({ Condition: { StringSounds: { "aws:x": "y" } } })] }, "deny identity"],
]));

test("whatever a document holds, asking it answers", () => {
  const odd = [null, 0, true, "", "*", "${", "${aws:username", "${,'x'}", [], {}, [null], [[["*"]]], { "*": "*" }, { AWS: null }, { StringLike: null }, { StringLike: "x" }, { StringLike: { k: [null, {}] } }, { IpAddress: { k: "::/129" } }, { Bool: [] }];
  for (const name of ["Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"]) {
    for (const value of odd) {
      for (const statement of [allow({ [name]: value }), deny({ [name]: value, Principal: "*" })]) assert.equal(typeof decide({ identity: [statement], resourcePolicy: [statement], context: { k: "v" } }).allowed, "boolean");
    }
  }
});

// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
test("a refusal is said in AWS's words", () => {
  const said = (given: Given) => sentenceOf(ann.arn, given.action ?? INVOKE, given.resource ?? FN, decide(given)).replace(`User: ${ann.arn} is not authorized to perform: `, "");
  assert.equal(said({}), `${INVOKE} on resource: ${FN} because no identity-based policy allows the ${INVOKE} action`);
  assert.equal(said({ identity: [deny()] }), `${INVOKE} on resource: ${FN} with an explicit deny in an identity-based policy`);
  assert.equal(said({ identity: [allow()], resource: OTHER_FN }), `${INVOKE} on resource: ${OTHER_FN} because no resource-based policy allows the ${INVOKE} action`);
  assert.equal(said({ identity: [allow()], boundary: [] }), `${INVOKE} on resource: ${FN} because no permissions boundary allows the ${INVOKE} action`);
  assert.equal(said({ identity: [allow()], session: [] }), `${INVOKE} on resource: ${FN} because no session policy allows the ${INVOKE} action`);
  assert.equal(said({ action: "sts:AssumeRole", resource: ROLE }), `sts:AssumeRole on resource: ${ROLE}`);
});
