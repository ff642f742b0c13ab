// What belongs to the account itself: its alias, and the summary of what is in it.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { changing } from "./change.ts";
import { GROUP, INSTANCE_PROFILE, ROLE, USER } from "./entities.ts";
import { ACCOUNTS } from "./entity.ts";
import { aliasExists, noSuchAlias } from "./errors.ts";
import type { PasswordPolicy } from "./passwords.ts";
import { ownPolicies, POLICIES_MAX } from "./policies.ts";

/** Documents by alias: no two accounts have the same. */
const ALIASES = "iam/account-alias";

export interface Account {
  alias?: string;
  passwordPolicy?: PasswordPolicy;
  /** Ids of service-linked roles' deletions, newest last. */
  deletionTasks?: string[];
}

type AccountApi = Pick<Api<typeof Sdk>, "CreateAccountAlias" | "DeleteAccountAlias" | "ListAccountAliases" | "GetAccountSummary">;

export async function changeAccount(tx: Tx, account: string, change: (value: Account) => Account): Promise<void> {
  const accounts = tx.documents<Account>(ACCOUNTS);
  if (!(await accounts.update(account, change))) await accounts.put(account, change({}));
}

export function accountOperations(stores: Stores): AccountApi {
  return {
    /** An account has one alias: a second takes the first one's place (observed on AWS, https://github.com/floci-io/floci/pull/2103). */
    async CreateAccountAlias(input, call) {
      await changing(stores, call.account, async (tx) => {
        if (!(await tx.documents(ALIASES).create(input.AccountAlias, { account: call.account }))) throw aliasExists(input.AccountAlias);
        let before: string | undefined;
        await changeAccount(tx, call.account, (account) => {
          before = account.alias;
          return { ...account, alias: input.AccountAlias };
        });
        if (before !== undefined) await tx.documents(ALIASES).delete(before);
      });
      return {};
    },

    async DeleteAccountAlias(input, call) {
      await changing(stores, call.account, async (tx) => {
        await changeAccount(tx, call.account, ({ alias, ...rest }) => {
          if (alias !== input.AccountAlias) throw noSuchAlias(input.AccountAlias);
          return rest;
        });
        await tx.documents(ALIASES).delete(input.AccountAlias);
      });
      return {};
    },

    async ListAccountAliases(_input, call) {
      const alias = (await stores.documents<Account>(ACCOUNTS).get(call.account))?.alias;
      return { AccountAliases: alias === undefined ? [] : [alias], IsTruncated: false };
    },

    async GetAccountSummary(_input, call) {
      const count = (kind: typeof ROLE | typeof USER | typeof GROUP | typeof INSTANCE_PROFILE) => kind.documents(stores).count(`${call.account}/`);
      const [users, groups, roles, profiles, policies] = await Promise.all([count(USER), count(GROUP), count(ROLE), count(INSTANCE_PROFILE), ownPolicies(stores, call)]);
      return {
        SummaryMap: {
          ...QUOTAS,
          Users: users, Groups: groups, Roles: roles, InstanceProfiles: profiles, Policies: policies.length,
          PolicyVersionsInUse: policies.reduce((sum, policy) => sum + policy.versions.length, 0),
        },
      };
    },
  };
}

/** The keys and the quotas: recorded from AWS by LocalStack (test_iam_account_summary.snapshot.json). What there is none of here counts nothing. */
const QUOTAS = {
  UsersQuota: USER.quota[1], GroupsQuota: GROUP.quota[1], RolesQuota: ROLE.quota[1], InstanceProfilesQuota: INSTANCE_PROFILE.quota[1], PoliciesQuota: POLICIES_MAX,
  UserPolicySizeQuota: USER.inlineMax, GroupPolicySizeQuota: GROUP.inlineMax, RolePolicySizeQuota: ROLE.inlineMax, PolicySizeQuota: 6144, AssumeRolePolicySizeQuota: 2048,
  AccessKeysPerUserQuota: 2, SigningCertificatesPerUserQuota: 2, GroupsPerUserQuota: 10, VersionsPerPolicyQuota: 5, PolicyVersionsInUseQuota: 10_000, ServerCertificatesQuota: 20,
  AttachedPoliciesPerUserQuota: 10, AttachedPoliciesPerGroupQuota: 10, AttachedPoliciesPerRoleQuota: 10,
  ServerCertificates: 0, MFADevices: 0, MFADevicesInUse: 0, Providers: 0,
  AccountMFAEnabled: 0, AccountAccessKeysPresent: 0, AccountSigningCertificatesPresent: 0, AccountPasswordPresent: 0, GlobalEndpointTokenVersion: 1,
};
