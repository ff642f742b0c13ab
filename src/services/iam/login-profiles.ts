// Login profiles: users' passwords, and the account's rules for them. There is no console here to sign in to.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { type Account, changeAccount } from "./account.ts";
import { changing } from "./change.ts";
import { changeEntity, getEntity, USER } from "./entities.ts";
import { ACCOUNTS, type LoginProfile, type User, wholeSecond } from "./entity.ts";
import { loginProfileExists, noPasswordPolicy, noPasswordPolicyToDelete, noSuchLoginProfile, notSupported, onlyUsers, usedPassword, weakPassword, wrongPassword } from "./errors.ts";
import { isPassword, isStrong, keepPassword, type KeptPassword, type PasswordPolicy } from "./passwords.ts";
import { ownUserName, userName } from "./users.ts";

const SALT_BYTES = 16;
const MINIMUM_LENGTH_DEFAULT = 6;

type PasswordApi = Pick<Api<typeof Sdk>, "CreateLoginProfile" | "GetLoginProfile" | "UpdateLoginProfile" | "DeleteLoginProfile" | "ChangePassword" | "UpdateAccountPasswordPolicy" | "GetAccountPasswordPolicy" | "DeleteAccountPasswordPolicy">;
type PolicyApi = Pick<PasswordApi, "UpdateAccountPasswordPolicy" | "GetAccountPasswordPolicy" | "DeleteAccountPasswordPolicy">;

export function loginProfileOperations(stores: Stores, ids: Ids): PasswordApi {
  const policyOf = async (account: string) => (await stores.documents<Account>(ACCOUNTS).get(account))?.passwordPolicy;

  /** Hashed before any transaction: it takes some fifty milliseconds. */
  const accept = async (account: string, password: string, before?: LoginProfile): Promise<KeptPassword & { previous: KeptPassword[] }> => {
    const policy = await policyOf(account);
    if (!isStrong(password, policy)) throw weakPassword();
    const remembered = before ? [{ hash: before.hash, salt: before.salt }, ...before.previous].slice(0, policy?.PasswordReusePrevention ?? 0) : [];
    for (const kept of remembered) if (await isPassword(password, kept)) throw usedPassword();
    return { ...(await keepPassword(password, ids.bytes(SALT_BYTES))), previous: remembered };
  };

  /** Fails when somebody else has changed the password since `before` was read. */
  const replaceLogin = (account: string, name: string, before: LoginProfile, change: (login: LoginProfile) => LoginProfile) =>
    changing(stores, account, (tx) => changeEntity(tx, USER, account, name, (user) => {
      if (user.login?.hash !== before.hash) throw noSuchLoginProfile(name);
      return { ...user, login: change(user.login) };
    }));

  return {
    ...passwordPolicyOperations(stores),

    async CreateLoginProfile(input, call) {
      const name = userName(input.UserName, call);
      if ((await getEntity(stores, USER, call.account, name)).login) throw loginProfileExists(name);
      const kept = await accept(call.account, input.Password ?? "");
      const login: LoginProfile = { ...kept, createdMs: wholeSecond(call), resetRequired: input.PasswordResetRequired ?? false };
      const user = await changing(stores, call.account, (tx) => changeEntity(tx, USER, call.account, name, (before) => {
        if (before.login) throw loginProfileExists(name);
        return { ...before, login };
      }));
      return { LoginProfile: describeLogin(user, login) };
    },

    async GetLoginProfile(input, call) {
      const user = await getEntity(stores, USER, call.account, userName(input.UserName, call));
      return { LoginProfile: describeLogin(user, loginOf(user)) };
    },

    async UpdateLoginProfile(input, call) {
      const before = loginOf(await getEntity(stores, USER, call.account, input.UserName));
      const kept = input.Password === undefined ? undefined : await accept(call.account, input.Password, before);
      await replaceLogin(call.account, input.UserName, before, (login) => ({ ...login, ...kept, ...(input.PasswordResetRequired !== undefined && { resetRequired: input.PasswordResetRequired }) }));
      return {};
    },

    async DeleteLoginProfile(input, call) {
      const name = userName(input.UserName, call);
      await changing(stores, call.account, (tx) => changeEntity(tx, USER, call.account, name, (user) => {
        loginOf(user);
        const { login: _, ...rest } = user;
        return rest;
      }));
      return {};
    },

    async ChangePassword(input, call) {
      const name = ownUserName(call);
      if (name === undefined) throw onlyUsers();
      const before = loginOf(await getEntity(stores, USER, call.account, name));
      if (!(await isPassword(input.OldPassword, before))) throw wrongPassword();
      const kept = await accept(call.account, input.NewPassword, before);
      await replaceLogin(call.account, name, before, (login) => ({ ...login, ...kept, resetRequired: false }));
      return {};
    },
  };
}

function loginOf(user: User): LoginProfile {
  if (!user.login) throw noSuchLoginProfile(user.name);
  return user.login;
}

const describeLogin = (user: User, login: LoginProfile): Sdk.LoginProfile => ({ UserName: user.name, CreateDate: new Date(login.createdMs), PasswordResetRequired: login.resetRequired });

function passwordPolicyOperations(stores: Stores): PolicyApi {
  return {
    /** What is left out goes back to its default, as the API reference says. */
    async UpdateAccountPasswordPolicy(input, call) {
      // There is no console whose passwords could expire.
      if (input.MaxPasswordAge) throw notSupported("MaxPasswordAge");
      if (input.HardExpiry) throw notSupported("HardExpiry");
      const passwordPolicy: PasswordPolicy = {
        MinimumPasswordLength: input.MinimumPasswordLength ?? MINIMUM_LENGTH_DEFAULT,
        RequireSymbols: input.RequireSymbols ?? false, RequireNumbers: input.RequireNumbers ?? false,
        RequireUppercaseCharacters: input.RequireUppercaseCharacters ?? false, RequireLowercaseCharacters: input.RequireLowercaseCharacters ?? false,
        AllowUsersToChangePassword: input.AllowUsersToChangePassword ?? false,
        ...(input.PasswordReusePrevention && { PasswordReusePrevention: input.PasswordReusePrevention }),
      };
      await changing(stores, call.account, (tx) => changeAccount(tx, call.account, (account) => ({ ...account, passwordPolicy })));
      return {};
    },

    async GetAccountPasswordPolicy(_input, call) {
      const policy = (await stores.documents<Account>(ACCOUNTS).get(call.account))?.passwordPolicy;
      if (!policy) throw noPasswordPolicy(call.account);
      return { PasswordPolicy: { ...policy, ExpirePasswords: false } };
    },

    async DeleteAccountPasswordPolicy(_input, call) {
      await changing(stores, call.account, (tx) => changeAccount(tx, call.account, ({ passwordPolicy, ...rest }) => {
        if (!passwordPolicy) throw noPasswordPolicyToDelete();
        return rest;
      }));
      return {};
    },
  };
}
