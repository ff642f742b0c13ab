// That the use of keys and roles is remembered: through a whole Evoke, and alone with a clock of its own.
import assert from "node:assert/strict";
import { it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import * as sdk from "@aws-sdk/client-iam";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { refusal } from "../../../test/support/refusal.ts";
import { openTestPlatform } from "../../../test/support/platform.ts";
import { virtualClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import { openCredentialUse } from "./credential-use.ts";
import { ACCESS_KEYS } from "./entity.ts";

const ACCOUNT = "000000000000";
const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole" }] });

async function until<T>(look: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (let count = 0; count < 40; count++) {
    const value = await look();
    if (good(value)) return value;
    await pause(100);
  }
  return look();
}

it("a key and a role tell when, where and for what they were used last", async () => {
  await using evoke = await openTestPlatform();
  const iam = new sdk.IAMClient(evoke.clientConfig);
  await iam.send(new sdk.CreateUserCommand({ UserName: "ann" }));
  const { AccessKey } = await iam.send(new sdk.CreateAccessKeyCommand({ UserName: "ann" }));
  const { Role } = await iam.send(new sdk.CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: TRUST }));
  const AccessKeyId = AccessKey!.AccessKeyId!;
  const lastUsed = () => iam.send(new sdk.GetAccessKeyLastUsedCommand({ AccessKeyId }));
  const never = await lastUsed();
  assert.deepEqual([never.UserName, never.AccessKeyLastUsed], ["ann", { ServiceName: "N/A", Region: "N/A" }]);
  await assert.rejects(iam.send(new sdk.GetAccessKeyLastUsedCommand({ AccessKeyId: "AKIAIOSFODNN7EXAMPLE" })),
    refusal("AccessDenied", "User: arn:aws:iam::000000000000:root is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key AKIAIOSFODNN7EXAMPLE"));

  const sts = new STSClient({ ...evoke.clientConfig, region: "ap-south-1", credentials: { accessKeyId: AccessKeyId, secretAccessKey: AccessKey!.SecretAccessKey! } });
  await sts.send(new GetCallerIdentityCommand({}));
  const { AccessKeyLastUsed: used } = await until(lastUsed, ({ AccessKeyLastUsed }) => AccessKeyLastUsed!.ServiceName !== "N/A");
  assert.deepEqual([used!.ServiceName, used!.Region], ["sts", "ap-south-1"]);
  assert.ok(Math.abs(used!.LastUsedDate!.getTime() - Date.now()) < 10_000);

  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: Role!.Arn!, RoleSessionName: "session" }));
  const getRole = async () => (await iam.send(new sdk.GetRoleCommand({ RoleName: "worker" }))).Role!;
  assert.equal((await getRole()).RoleLastUsed?.LastUsedDate, undefined);
  const asRole = new STSClient({ ...evoke.clientConfig, credentials: { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! } });
  await asRole.send(new GetCallerIdentityCommand({}));
  assert.equal((await until(getRole, (role) => role.RoleLastUsed?.Region !== undefined)).RoleLastUsed!.Region, "eu-west-1");
  await iam.send(new sdk.DeleteRoleCommand({ RoleName: "worker" }));
  await iam.send(new sdk.CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: TRUST }));
  assert.equal((await getRole()).RoleLastUsed?.LastUsedDate, undefined, "another role of that name has not been used");
  for (const client of [iam, sts, asRole]) client.destroy();
});

it("a busy key is written once a minute, an unknown one never, and closing writes what is left", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  await stores.documents(ACCESS_KEYS).put("AKIAKNOWN", { id: "AKIAKNOWN", account: ACCOUNT });
  const use = openCredentialUse({ stores, clock, log: silentLog });
  const note = (accessKeyId: string, region: string) => use.note({ arn: `arn:aws:iam::${ACCOUNT}:user/ann`, accountId: ACCOUNT, userId: "AIDA", accessKeyId, verified: true }, "lambda", region, clock.now());
  const region = async () => (await stores.documents<{ region: string }>("iam/key-use").get("AKIAKNOWN"))?.region;
  note("AKIAKNOWN", "one");
  note("AKIASTRANGER", "one");
  note("111122223333", "one");
  await clock.advance(1000);
  note("AKIAKNOWN", "two");
  await clock.advance(58_000);
  assert.equal(await region(), "one");
  await clock.advance(2000);
  note("AKIAKNOWN", "three");
  await use.close();
  assert.equal(await region(), "three");
  assert.equal(await stores.documents("iam/key-use").count(), 1);
  await stores.close();
});
