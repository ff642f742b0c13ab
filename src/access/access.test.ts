// What is kept and for how long, what is reported, and the commands that grant what was refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Principal } from "../kernel/call.ts";
import { virtualClock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import type { Actor, IamMode } from "../ports/access.ts";
import type { AppliedPolicies } from "../ports/identity-policies.ts";
import { openAccess } from "./access.ts";

const A = "111122223333";
const FN = `arn:aws:lambda:eu-west-1:${A}:function:f`;
const INVOKE = "lambda:InvokeFunction";
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (more: object = {}) => ({ Effect: "Allow", Action: INVOKE, Resource: "*", ...more });
const ann: Principal = { arn: `arn:aws:iam::${A}:user/ann`, accountId: A, userId: "AIDA", accessKeyId: "AKIA", verified: true };
const session = (limits: object = {}): Principal => ({ ...ann, arn: `arn:aws:sts::${A}:assumed-role/worker/now`, accessKeyId: `ASIA${JSON.stringify(limits)}`, session: { issuedAtMs: 0, issuerArn: `arn:aws:iam::${A}:role/worker`, ...limits } });

/** A policy engine over policies that the test changes, counting how often they are read. */
function open(mode: IamMode = "enforce") {
  const clock = virtualClock();
  const lines: string[] = [];
  const log: Log = { debug() {}, info() {}, error() {}, warn: (line) => { lines.push(line); } };
  const state = { identity: [] as string[], boundary: undefined as string | undefined, resource: undefined as string | undefined, tags: {} as Record<string, string>, known: true, revision: 1, reads: 0, tagReads: 0 };
  const access = openAccess({
    mode, clock, log,
    identityPolicies: {
      async find(): Promise<AppliedPolicies | undefined> {
        state.reads++;
        return state.known ? { identity: state.identity.map((text, n) => ({ name: `p${n}`, document: text, source: "user" })), ...(state.boundary && { boundary: state.boundary }), tags: state.tags, id: "AIDA", path: "/", revision: String(state.revision) } : undefined;
      },
      trustPolicy: async () => state.resource,
      managedPolicy: async () => document(allow({ Action: "lambda:Get*" })),
      epoch: async () => state.revision,
    },
    resourcePolicy: async () => state.resource,
    resourceTags: async () => { state.tagReads++; return { team: "blue" }; },
  });
  const set = (change: Partial<typeof state>) => { Object.assign(state, change); state.revision++; };
  const ask = (actor: Actor = ann, more: object = {}) => access.refusal({ actor, action: INVOKE, resource: FN, ...more });
  return { access, clock, lines, state, set, ask };
}

test("what was decided is kept for a second, or until something changes here", async () => {
  const { access, clock, state, set, ask } = open();
  set({ identity: [document(allow())] });
  assert.equal(await ask(), undefined);
  const first = ask();
  assert.ok(!(first instanceof Promise), "answered at once");
  set({ identity: [] });
  assert.equal(ask(), undefined, "another process's change is not seen yet");
  await clock.advance(1001);
  assert.match((await ask())!, /no identity-based policy/);
  set({ identity: [document(allow())] });
  access.changed();
  assert.equal(await ask(), undefined, "a change here is seen at once");
  const { reads } = state;
  for (let n = 0; n < 100; n++) assert.equal(ask(), undefined);
  assert.equal(state.reads, reads);
});

test("what rests on the single request is decided each time", async () => {
  const { set, ask } = open();
  set({ identity: [document(allow({ Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }))] });
  const from = (sourceIp: string) => ask(ann, { call: { now: new Date(0), region: "eu-west-1", sourceIp, userAgent: "" } });
  assert.equal(await from("10.1.1.1"), undefined);
  assert.match((await from("11.1.1.1"))!, /not authorized/);
  assert.equal(await from("10.1.1.1"), undefined);
  const changed = open();
  changed.set({ identity: [document(allow({ Condition: { StringEquals: { "aws:username": "ann" } } }))] });
  await changed.ask();
  assert.ok(!(changed.ask() instanceof Promise), "the caller's own keys do not change from request to request");
});

test("tags of resources are read only for policies that ask about them", async () => {
  const { set, ask, state } = open();
  set({ identity: [document(allow())] });
  await ask();
  assert.equal(state.tagReads, 0);
  const asking = open();
  asking.set({ identity: [document(allow({ Condition: { StringEquals: { "aws:ResourceTag/team": "blue" } } }))] });
  assert.equal(await asking.ask(), undefined);
  assert.equal(asking.state.tagReads, 1);
});

test("sessions of one role are limited each by their own policies", async () => {
  const { set, ask } = open();
  set({ identity: [document(allow({ Action: "lambda:*" }))] });
  assert.equal(await ask(session()), undefined);
  assert.match((await ask(session({ policies: [document(allow({ Action: "s3:*" }))] })))!, /because no session policy allows/);
  assert.match((await ask(session({ policyArns: ["arn:aws:iam::aws:policy/Reader"] })))!, /because no session policy allows/);
  assert.equal(await ask(session({ policyArns: ["arn:aws:iam::aws:policy/Reader"] }), { action: "lambda:GetFunction" }), undefined);
  assert.equal(await ask(session()), undefined);
});

test("check throws what a service would, in every mode but enforce it lets through", async () => {
  for (const mode of ["enforce", "audit", "off"] as const) {
    const { access, lines } = open(mode);
    const question = { actor: ann, action: INVOKE, resource: FN };
    if (mode === "enforce") await assert.rejects(access.check(question), { code: "AccessDeniedException", status: 403 });
    else await access.check(question);
    assert.equal(lines.length, mode === "audit" ? 1 : 0);
    assert.equal((await access.decide(question)).allowed, false, "the answer itself is the same in every mode");
  }
});

test("each refusal is reported once, and again only after a change", async () => {
  const { access, lines, ask } = open("audit");
  for (let n = 0; n < 3; n++) { await ask(); await ask(session({ tags: { n: String(n) } })); }
  assert.equal(lines.length, 2);
  access.changed();
  await ask();
  assert.equal(lines.length, 3);
});

test("a refusal comes with the command that grants it, where there is one", async () => {
  const { access, set } = open();
  const grant = async (question: Parameters<typeof access.decide>[0]) => {
    access.changed();
    const decision = await access.decide(question);
    assert.ok(!decision.allowed);
    return decision.grant;
  };
  const onF = `--policy-document '${document({ Effect: "Allow", Action: INVOKE, Resource: FN })}'`;
  assert.match(await grant({ actor: ann, action: INVOKE, resource: FN }), /^aws iam put-user-policy --user-name ann --policy-name lambda-InvokeFunction-[0-9a-f]{6} /);
  assert.ok((await grant({ actor: ann, action: INVOKE, resource: FN })).endsWith(onF));
  assert.match(await grant({ actor: session(), action: INVOKE, resource: FN }), /^aws iam put-role-policy --role-name worker /);
  assert.match(await grant({ actor: { roleArn: `arn:aws:iam::${A}:role/x/worker` }, action: "sqs:SendMessage", resource: "arn:aws:sqs:eu-west-1:111122223333:q" }), /^aws iam put-role-policy --role-name worker --policy-name sqs-SendMessage-/);
  assert.match(
    await grant({ actor: { service: "s3.amazonaws.com" }, action: INVOKE, resource: `${FN}:prod`, context: { "aws:SourceArn": "arn:aws:s3:::it's", "aws:SourceAccount": A } }),
    /^aws lambda add-permission --function-name \S+:function:f --qualifier 'prod' --statement-id s3-amazonaws-com-[0-9a-f]{6} --action lambda:InvokeFunction --principal s3\.amazonaws\.com --source-arn 'arn:aws:s3:::it'\\''s' --source-account 111122223333$/,
  );
  assert.match(await grant({ actor: { service: "anonymous" }, action: "lambda:InvokeFunctionUrl", resource: FN, context: { "lambda:FunctionUrlAuthType": "NONE" } }), /--principal '\*' --function-url-auth-type NONE$/);

  set({ resource: document({ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  const trust = await grant({ actor: { service: "lambda.amazonaws.com" }, action: "sts:AssumeRole", resource: `arn:aws:iam::${A}:role/worker` });
  const [, text] = /^aws iam update-assume-role-policy --role-name worker --policy-document '(.*)'$/.exec(trust)!;
  assert.deepEqual(JSON.parse(text!).Statement.map((one: any) => one.Principal.Service), ["ec2.amazonaws.com", "lambda.amazonaws.com"], "what was there stays");
  set({ resource: undefined, known: false });
  assert.match(await grant({ actor: { service: "lambda.amazonaws.com" }, action: "sts:AssumeRole", resource: `arn:aws:iam::${A}:role/new` }), /^aws iam create-role --role-name new --assume-role-policy-document /);
  assert.match(await grant({ actor: session(), action: INVOKE, resource: FN }), /^aws iam get-role --role-name worker \|\| aws iam create-role --role-name worker .* && aws iam put-role-policy --role-name worker /, "works after the role was made, too");

  set({ known: true, identity: [document({ ...allow(), Effect: "Deny" })] });
  assert.equal(await grant({ actor: ann, action: INVOKE, resource: FN }), "", "a denial is not undone by a grant");
  set({ identity: [document(allow())], boundary: document(allow({ Action: "s3:*" })) });
  assert.equal(await grant({ actor: ann, action: INVOKE, resource: FN }), "");
});

test("what a queue's, a topic's, a bucket's or a layer's own policy does not say, it is told to say, beside what it says", async () => {
  const { access, set } = open();
  const service = { service: "sns.amazonaws.com" };
  const context = { "aws:SourceArn": "arn:aws:sns:eu-west-1:444455556666:t", "aws:SourceAccount": "444455556666" };
  const grant = async (question: Parameters<typeof access.decide>[0]) => {
    const decision = await access.decide(question);
    return decision.allowed ? "allowed" : decision.grant;
  };
  const before = { Sid: "before", Effect: "Deny", Principal: "*", Action: "x:Y", Resource: "*" };
  set({ resource: JSON.stringify({ Version: "2012-10-17", Id: "mine", Statement: before }) });
  const queue = `arn:aws:sqs:eu-west-1:${A}:q`;
  const [, attributes] = /^aws sqs set-queue-attributes --queue-url https:\/\/sqs\.eu-west-1\.amazonaws\.com\/111122223333\/q --attributes '(.*)'$/.exec(await grant({ actor: service, action: "sqs:SendMessage", resource: queue, context }))!;
  const added = { Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: queue, Condition: { ArnEquals: { "aws:SourceArn": context["aws:SourceArn"] }, StringEquals: { "aws:SourceAccount": "444455556666" } } };
  const policy = JSON.parse(JSON.parse(attributes!).Policy) as object;
  assert.deepEqual(policy, { Version: "2012-10-17", Id: "mine", Statement: [before, added] });
  set({ resource: JSON.stringify(policy) });
  access.changed();
  assert.equal(await grant({ actor: service, action: "sqs:SendMessage", resource: queue, context }), "allowed");

  set({ resource: undefined });
  access.changed();
  assert.match(await grant({ actor: { service: "s3.amazonaws.com" }, action: "sns:Publish", resource: `arn:aws:sns:eu-west-1:${A}:t` }), /^aws sns set-topic-attributes --topic-arn \S+:t --attribute-name Policy --attribute-value '\{"Version":"2012-10-17","Statement":\[\{"Effect":"Allow",.*\]\}'$/);
  assert.match(
    await grant({ actor: { service: "logs.amazonaws.com" }, action: "s3:PutObject", resource: "arn:aws:s3:::b/a*?${x}" }),
    /^aws s3api put-bucket-policy --bucket b --policy '.*"Resource":"arn:aws:s3:::b\/a\$\{\*\}\$\{\?\}\$\{\$\}\{x\}"\}\]\}'$/,
  );
  const other: Principal = { ...ann, arn: "arn:aws:iam::444455556666:user/eve", accountId: "444455556666" };
  assert.match(
    await grant({ actor: other, action: "lambda:GetLayerVersion", resource: `arn:aws:lambda:eu-west-1:${A}:layer:tools:3` }),
    /^aws lambda add-layer-version-permission --layer-name arn:aws:lambda:eu-west-1:111122223333:layer:tools --version-number 3 --statement-id account-444455556666 --action lambda:GetLayerVersion --principal 444455556666$/,
  );
  assert.equal(await grant({ actor: other, action: "lambda:DeleteLayerVersion", resource: `arn:aws:lambda:eu-west-1:${A}:layer:tools:3` }), "", "AddLayerVersionPermission cannot say it");
  assert.equal(await grant({ actor: other, action: INVOKE, resource: `${FN}:$LATEST` }), "", "AddPermission takes no $LATEST");
  assert.equal(await grant({ actor: service, action: "events:PutEvents", resource: `arn:aws:events:eu-west-1:${A}:event-bus/b` }), "");
});

test("the root of an account owns what is in it, and nothing in another", async () => {
  const { access, state } = open();
  const root: Principal = { ...ann, arn: `arn:aws:iam::${A}:root`, userId: A };
  for (const resource of [FN, "*", "arn:aws:s3:::bucket", `arn:aws:iam::${A}:role/x`]) assert.equal(access.refusal({ actor: root, action: "any:Thing", resource }), undefined, resource);
  assert.equal(state.reads, 0);
  assert.match((await access.refusal({ actor: root, action: INVOKE, resource: FN.replace(A, "444455556666") }))!, /no resource-based policy/);
});

test("a bucket's policy denies the root of its account, but never its policy itself", async () => {
  const { access, set } = open();
  const root: Principal = { ...ann, arn: `arn:aws:iam::${A}:root`, userId: A };
  const ask = (action: string) => access.refusal({ actor: root, action, resource: "arn:aws:s3:::bucket" });
  assert.equal(await ask("s3:ListBucket"), undefined);
  set({ resource: document({ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: "*" }) });
  access.changed();
  assert.match((await ask("s3:ListBucket"))!, /explicit deny in a resource-based policy/);
  assert.equal(await ask("s3:DeleteBucketPolicy"), undefined);
});

test("what callers name does not reach the shell of whoever copies the command, nor another line of the log", async () => {
  const { access, lines, set } = open("audit");
  set({ known: true, resource: undefined });
  const role = `arn:aws:iam::${A}:role/x;touch /tmp/$(id)\n2026-11-21T00:00:00.000Z WARN run this`;
  const other: Principal = { ...ann, arn: `arn:aws:iam::444455556666:user/$(reboot)/;id/ann`, accountId: "444455556666" };
  const queue = `arn:aws:sqs:eu-west-1:${A}:q;touch $(id)`;
  for (const question of [{ actor: ann, action: "sts:AssumeRole", resource: role }, { actor: other, action: INVOKE, resource: FN }, { actor: other, action: "sqs:SendMessage", resource: queue }]) await access.check(question);
  assert.equal(lines.length, 3);
  for (const line of lines) {
    assert.doesNotMatch(line, /[\n\r]/);
    const command = /To allow it: (.*)$/.exec(line)![1]!;
    assert.doesNotMatch(command.replaceAll(/'[^']*'/g, "''"), /[^\w '@%+=:,./-]/, command);
  }
});

test("a role with a path is made with it", async () => {
  const { access, set } = open();
  set({ resource: undefined, known: false });
  const issuerArn = `arn:aws:iam::${A}:role/deep/er/worker`;
  for (const actor of [{ roleArn: issuerArn }, { ...session(), session: { issuedAtMs: 0, issuerArn, roleUnknown: true as const } }]) {
    const refused = await access.decide({ actor, action: INVOKE, resource: FN });
    assert.match(!refused.allowed ? refused.grant : "", /^aws iam get-role --role-name worker \|\| aws iam create-role --path \/deep\/er\/ --role-name worker /);
  }
  const decision = await access.decide({ actor: { service: "lambda.amazonaws.com" }, action: "sts:AssumeRole", resource: `arn:aws:iam::${A}:role/service/deep/new` });
  assert.match(!decision.allowed ? decision.grant : "", /^aws iam create-role --path \/service\/deep\/ --role-name new --assume-role-policy-document /);
});

test("a policy may ask about keys that are called like members of every object", async () => {
  const { set, ask } = open();
  set({ identity: [document(allow({ Condition: { StringEquals: { constructor: "x", ["__proto__"]: "y" } } }))] });
  assert.match((await ask())!, /no identity-based policy/);
});

test("credentials are of the very user or role they were made for, not of the next one of that name", async () => {
  const { access, set, ask } = open();
  const role = `arn:aws:iam::${A}:role/worker`;
  const of = (userId: string, limits: object = {}): Principal => ({ ...session(limits), accessKeyId: `ASIA${userId}${JSON.stringify(limits)}`, userId });
  set({ identity: [document(allow())] });
  assert.equal(await ask(of("AIDA:now")), undefined);
  assert.match((await ask(of("AROAOLD:now")))!, /no identity-based policy/);
  assert.match((await ask({ ...ann, accessKeyId: "ASIA1", userId: "AIDAOLD", session: { issuedAtMs: 0, issuerArn: ann.arn } }))!, /no identity-based policy/);
  assert.equal(await ask(of("AROAOLD:now", { roleUnknown: true })), undefined, "there was no role then, so it is this one");
  set({ identity: [], resource: document({ Effect: "Allow", Principal: { AWS: [role, session().arn] }, Action: "*", Resource: "*" }) });
  access.changed();
  assert.equal(await ask(of("AIDA:now")), undefined);
  assert.match((await ask(of("AROAOLD:now")))!, /no identity-based policy/, "nor by the policy of a resource");
});
