// The room and the identity behind it: credentials handed out are known again.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as iamSdk from "@aws-sdk/client-iam";
import * as sdk from "@aws-sdk/client-sts";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import { virtualClock, type VirtualClock } from "../../kernel/clock.ts";
import { realIds } from "../../kernel/ids.ts";
import { silentLog } from "../../kernel/log.ts";
import type { Identity } from "../../ports/identity.ts";
import { openStores } from "../../storage/open.ts";
import type { Stores } from "../../storage/stores.ts";
import { iam } from "../iam/service.ts";
import { openIdentity } from "./identity.ts";
import { sts } from "./service.ts";
import { SESSIONS } from "./session.ts";
import { sweep } from "./sweep.ts";

const ROLE = "arn:aws:iam::000000000000:role/team/worker";
const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });
let clock: VirtualClock;
let stores: Stores;
let identity: Identity;
let room: OpenRoom;
let iamRoom: OpenRoom;
let client: sdk.STSClient;
let iamClient: iamSdk.IAMClient;

before(async () => {
  clock = virtualClock();
  stores = await openStores({ ephemeral: true, clock, log: silentLog });
  identity = openIdentity({ stores, clock, ids: realIds(), configured: [{ accessKeyId: "111122223333", secretAccessKey: "s1" }, { accessKeyId: "OPERATOR", secretAccessKey: "s2" }] });
  room = await openRoom(sts, { clock, stores, identity });
  iamRoom = await openRoom(iam, { clock, stores });
  client = new sdk.STSClient(room.clientConfig);
  iamClient = new iamSdk.IAMClient(iamRoom.clientConfig);
});
after(async () => { await room.close(); await iamRoom.close(); await stores.close(); });

const assume = (more: Partial<sdk.AssumeRoleCommandInput> = {}) => client.send(new sdk.AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "me", ...more }));
const refusal = (code: string, message: string | RegExp) => (error: Error) => {
  assert.equal(error.name, code);
  if (typeof message === "string") assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};

describe("STS", () => {
  it("says who is calling", async () => {
    const { Account, Arn, UserId } = await client.send(new sdk.GetCallerIdentityCommand({}));
    assert.deepEqual({ Account, Arn, UserId }, { Account: "000000000000", Arn: "arn:aws:iam::000000000000:root", UserId: "000000000000" });
  });

  it("hands out credentials for a role that are known again, until they expire and are forgotten", async () => {
    const { Role } = await iamClient.send(new iamSdk.CreateRoleCommand({ RoleName: "worker", Path: "/team/", AssumeRolePolicyDocument: TRUST, MaxSessionDuration: 7200 }));
    const { Credentials, AssumedRoleUser } = await assume({ DurationSeconds: 7200 });
    assert.deepEqual(AssumedRoleUser, { Arn: "arn:aws:sts::000000000000:assumed-role/worker/me", AssumedRoleId: `${Role!.RoleId}:me` });
    assert.equal(Credentials!.Expiration!.getTime(), clock.now() + 7_200_000);
    assert.match(Credentials!.AccessKeyId!, /^ASIA[A-Z2-7]{16}$/);
    assert.deepEqual(await identity.findKey(Credentials!.AccessKeyId!), {
      secretAccessKey: Credentials!.SecretAccessKey, sessionToken: Credentials!.SessionToken, expiresAtMs: clock.now() + 7_200_000,
      principal: {
        arn: AssumedRoleUser!.Arn, accountId: "000000000000", userId: `${Role!.RoleId}:me`, accessKeyId: Credentials!.AccessKeyId,
        session: { issuedAtMs: clock.now(), issuerArn: ROLE },
      },
    });
    await sweep(stores, clock.now() + 7_200_001);
    assert.ok(await identity.findKey(Credentials!.AccessKeyId!), "kept for a while, to be told that it expired");
    await sweep(stores, clock.now() + 4 * 3_600_000);
    assert.equal(await identity.findKey(Credentials!.AccessKeyId!), undefined);
  });

  it("lets development callers use roles nobody created, and others not", async () => {
    const { AssumedRoleUser } = await assume({ RoleArn: "arn:aws:iam::000000000000:role/ghost" });
    assert.match(AssumedRoleUser!.AssumedRoleId!, /^AROA[A-Z2-7]{17}:me$/);
    const now = new Date(clock.now());
    const principal = { arn: "arn:aws:iam::000000000000:user/ann", accountId: "000000000000", userId: "AIDA", accessKeyId: "AKIA", verified: true };
    const call = { account: "000000000000", region: "eu-west-1", requestId: "r", now, principal, signal: new AbortController().signal, sourceIp: "", userAgent: "", host: "" };
    await assert.rejects(sts.open(room.ports).AssumeRole!({ RoleArn: "arn:aws:iam::000000000000:role/ghost", RoleSessionName: "me" }, call),
      refusal("AccessDenied", "User: arn:aws:iam::000000000000:user/ann is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::000000000000:role/ghost"));
  });

  it("refuses bad names, bad times, and what would do nothing", async () => {
    for (const bad of ["nothing-valid-in-here", "arn:aws:iam::000000000000:user/worker", "arn:aws:iam::abc:role/worker1"]) await assert.rejects(assume({ RoleArn: bad }), refusal("ValidationError", `${bad} is invalid`));
    await assert.rejects(assume({ RoleSessionName: "Session1:2" }), refusal("ValidationError", "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"));
    await assert.rejects(assume({ DurationSeconds: 899 }), refusal("ValidationError", /durationSeconds/));
    await assert.rejects(assume({ DurationSeconds: 7201 }), refusal("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."));
    for (const idle of [{ SerialNumber: "arn:aws:iam::000000000000:mfa/me" }, { TokenCode: "123456" }, { ProvidedContexts: [{ ProviderArn: "arn:aws:iam::aws:contextProvider/IdentityCenter", ContextAssertion: "abcd" }] }]) {
      await assert.rejects(assume(idle), refusal("ValidationError", `Evoke does not support the parameter ${Object.keys(idle)[0]} yet.`));
    }
  });

  it("keeps what a session was opened with: policies, tags, a source identity", async () => {
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "s3:*", Resource: "*" } });
    const { Credentials, SourceIdentity } = await assume({
      Policy, PolicyArns: [{ arn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }, { arn: "arn:aws:iam::000000000000:policy/mine" }],
      Tags: [{ Key: "team", Value: "blue" }, { Key: "Stage", Value: "" }], TransitiveTagKeys: ["team"], SourceIdentity: "ann",
    });
    assert.equal(SourceIdentity, "ann");
    const { principal } = (await identity.findKey(Credentials!.AccessKeyId!))!;
    assert.deepEqual(principal.session, {
      issuedAtMs: clock.now(), issuerArn: ROLE, policies: [Policy], policyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::000000000000:policy/mine"],
      tags: { team: "blue", Stage: "" }, transitiveTagKeys: ["team"], sourceIdentity: "ann",
    });
    // A session opened from this one: chained for an hour at most, with the transitive tag, and the same source identity.
    const now = new Date(clock.now());
    const call = { account: "000000000000", region: "eu-west-1", requestId: "r", now, principal: { ...principal, verified: true }, signal: new AbortController().signal, sourceIp: "", userAgent: "", host: "" };
    const chain = (more: object = {}) => sts.open(room.ports).AssumeRole!({ RoleArn: ROLE, RoleSessionName: "next", ...more }, call);
    const { Credentials: next } = await chain();
    assert.deepEqual((await identity.findKey(next!.AccessKeyId!))!.principal.session, { issuedAtMs: clock.now(), issuerArn: ROLE, tags: { team: "blue" }, transitiveTagKeys: ["team"], sourceIdentity: "ann" });
    await assert.rejects(chain({ DurationSeconds: 3601 }), refusal("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"));
    await assert.rejects(chain({ Tags: [{ Key: "Team", Value: "red" }] }), refusal("InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session."));
    await assert.rejects(chain({ SourceIdentity: "bob" }), refusal("AccessDenied", "The source identity of a session cannot be changed."));
  });

  it("refuses session policies and tags that are none", async () => {
    await assert.rejects(assume({ Policy: "{" }), refusal("MalformedPolicyDocumentException", "This policy contains invalid Json"));
    for (const Policy of ["{}", "[]", "null", '{"Statement":[{"Effect":"Allow"}]}']) await assert.rejects(assume({ Policy }), refusal("MalformedPolicyDocumentException", "Syntax errors in policy."), Policy);
    await assert.rejects(assume({ Policy: '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}]}' }), refusal("MalformedPolicyDocumentException", "Policy document should not specify a principal."));
    await assert.rejects(assume({ PolicyArns: [{ arn: "arn:aws:iam::111122223333:policy/theirs" }] }), refusal("ValidationError", "arn:aws:iam::111122223333:policy/theirs is not a managed policy of this account"));
    await assert.rejects(assume({ Tags: [{ Key: "a", Value: "1" }, { Key: "A", Value: "2" }] }), refusal("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive."));
    await assert.rejects(assume({ TransitiveTagKeys: ["a"] }), refusal("InvalidParameterValue", "The specified transitive tag key must be included in the requested tags."));
  });

  it("hands out credentials for a federated user, an hour at most from root", async () => {
    const { Credentials, FederatedUser } = await client.send(new sdk.GetFederationTokenCommand({ Name: "guest", DurationSeconds: 7200, Tags: [{ Key: "team", Value: "blue" }] }));
    assert.deepEqual(FederatedUser, { FederatedUserId: "000000000000:guest", Arn: "arn:aws:sts::000000000000:federated-user/guest" });
    assert.equal(Credentials!.Expiration!.getTime(), clock.now() + 3_600_000);
    assert.deepEqual((await identity.findKey(Credentials!.AccessKeyId!))!.principal.session, { issuedAtMs: clock.now(), issuerArn: "arn:aws:iam::000000000000:root", tags: { team: "blue" } });
  });

  it("hands out session tokens, and knows whose key it is", async () => {
    const { Credentials } = await client.send(new sdk.GetSessionTokenCommand({}));
    assert.equal(Credentials!.Expiration!.getTime(), clock.now() + 3_600_000, "one hour for root");
    assert.equal((await identity.findKey(Credentials!.AccessKeyId!))!.principal.arn, "arn:aws:iam::000000000000:root");
    assert.equal((await client.send(new sdk.GetAccessKeyInfoCommand({ AccessKeyId: Credentials!.AccessKeyId! }))).Account, "000000000000");
    await assert.rejects(client.send(new sdk.GetAccessKeyInfoCommand({ AccessKeyId: "AKIAIOSFODNN7EXAMPLE" })), refusal("ValidationError", /AKIAIOSFODNN7EXAMPLE/));
  });
});

describe("the identity", () => {
  it("knows the keys given at start as the root of their account", async () => {
    assert.deepEqual(await identity.findKey("111122223333"), { secretAccessKey: "s1", principal: { arn: "arn:aws:iam::111122223333:root", accountId: "111122223333", userId: "111122223333", accessKeyId: "111122223333" } });
    assert.equal((await identity.findKey("OPERATOR"))!.principal.accountId, "000000000000");
    assert.equal(await identity.findKey("nobody"), undefined);
  });

  it("knows the keys of users, while they are active", async () => {
    await iamClient.send(new iamSdk.CreateUserCommand({ UserName: "ann" }));
    const { AccessKey } = await iamClient.send(new iamSdk.CreateAccessKeyCommand({ UserName: "ann" }));
    const known = await identity.findKey(AccessKey!.AccessKeyId!);
    assert.deepEqual([known!.secretAccessKey, known!.principal.arn], [AccessKey!.SecretAccessKey, "arn:aws:iam::000000000000:user/ann"]);
    await iamClient.send(new iamSdk.UpdateAccessKeyCommand({ UserName: "ann", AccessKeyId: AccessKey!.AccessKeyId!, Status: "Inactive" }));
    assert.equal((await identity.findKey(AccessKey!.AccessKeyId!))!.inactive, true);
  });

  it("gives functions of one role the same credentials for an hour, with eleven left at least", async () => {
    const count = () => stores.documents(SESSIONS).count();
    const atFirst = await count();
    const [one, two] = await Promise.all([identity.credentialsForRole(ROLE, "f"), identity.credentialsForRole(ROLE, "f")]);
    assert.equal(one, two);
    await clock.advance(59 * 60_000);
    assert.equal(await identity.credentialsForRole(ROLE, "f"), one);
    assert.equal(await count(), atFirst + 1);
    assert.ok(one.expiresAtMs - clock.now() > 11 * 3_600_000);
    await clock.advance(2 * 60_000);
    assert.notEqual((await identity.credentialsForRole(ROLE, "f")).accessKeyId, one.accessKeyId);
    assert.equal((await identity.findKey(one.accessKeyId))!.principal.arn, "arn:aws:sts::000000000000:assumed-role/worker/f");
  });
});
