// AWS Security Token Service: who is calling, and temporary credentials.
// https://docs.aws.amazon.com/STS/latest/APIReference/
import type * as Sdk from "@aws-sdk/client-sts";
import type { Call } from "../../kernel/call.ts";
import type { Credentials } from "../../ports/identity.ts";
import { type Api, defineService } from "../service.ts";
import { badArn, mayNotAssume, noSuchKey, notSupported, noTokenForSession, rootMayNotAssume, tooLongForChain, tooLongForRole } from "./errors.ts";
import { findRole, idOfUnknownRole, openSession, parseRoleArn, rolePrincipal } from "./session.ts";
import { sweepForever } from "./sweep.ts";

const ROLE_SECONDS_DEFAULT = 3600;
/** A role that was never created allows what a new role allows. */
const ROLE_SECONDS_MAX_DEFAULT = 3600;
const CHAINED_SECONDS_MAX = 3600;
const TOKEN_SECONDS_DEFAULT = 43_200;
const ROOT_TOKEN_SECONDS_MAX = 3600;

export const sts = defineService<typeof Sdk>({
  name: "sts",
  client: "@aws-sdk/client-sts",

  open({ stores, clock, ids, identity, background }) {
    background("sts sweep", (signal) => sweepForever({ stores, clock, ids }, signal));

    return {
      async GetCallerIdentity(_input, { principal }) {
        return { UserId: principal.userId, Account: principal.accountId, Arn: principal.arn };
      },

      async AssumeRole(input, call) {
        refuseIdle(input);
        const role = parseRoleArn(input.RoleArn);
        if (!role) throw badArn(input.RoleArn);
        const stored = await findRole(stores, role);
        // Whoever proved who they are gets AWS's answer. In development functions run with roles nobody created, and so may people.
        if (!stored && call.principal.verified) throw mayNotAssume(call.principal.arn, input.RoleArn);
        if (call.principal.verified && call.principal.arn.endsWith(":root")) throw rootMayNotAssume();
        const seconds = input.DurationSeconds ?? ROLE_SECONDS_DEFAULT;
        if (seconds > CHAINED_SECONDS_MAX && call.principal.arn.includes(":assumed-role/")) throw tooLongForChain();
        if (seconds > (stored?.maxSessionSeconds ?? ROLE_SECONDS_MAX_DEFAULT)) throw tooLongForRole();
        const principal = rolePrincipal(role, stored?.id ?? idOfUnknownRole(input.RoleArn), input.RoleSessionName);
        const credentials = await openSession(stores, ids, principal, expiry(call, seconds));
        return { Credentials: shown(credentials), AssumedRoleUser: { AssumedRoleId: principal.userId, Arn: principal.arn } };
      },

      async GetSessionToken(input, call) {
        refuseMfa(input);
        if (call.principal.accessKeyId.startsWith("ASIA")) throw noTokenForSession();
        const { arn, accountId, userId } = call.principal;
        const asked = input.DurationSeconds ?? TOKEN_SECONDS_DEFAULT;
        // "the session for root users is one hour": a longer one is shortened, not refused.
        const seconds = arn.endsWith(":root") ? Math.min(asked, ROOT_TOKEN_SECONDS_MAX) : asked;
        return { Credentials: shown(await openSession(stores, ids, { arn, accountId, userId }, expiry(call, seconds))) };
      },

      async GetAccessKeyInfo(input) {
        const key = await identity.findKey(input.AccessKeyId);
        if (!key) throw noSuchKey(input.AccessKeyId);
        return { Account: key.principal.accountId };
      },
    };
  },
});

/** To the second, as AWS's answers are. */
const expiry = (call: Call, seconds: number): number => Math.floor(call.now.getTime() / 1000 + seconds) * 1000;

const shown = (credentials: Credentials) => ({
  AccessKeyId: credentials.accessKeyId,
  SecretAccessKey: credentials.secretAccessKey,
  SessionToken: credentials.sessionToken,
  Expiration: new Date(credentials.expiresAtMs),
});

function refuseMfa(input: { SerialNumber?: string | undefined; TokenCode?: string | undefined; MinimumSessionTokenSize?: number | undefined }): void {
  if (input.SerialNumber !== undefined) throw notSupported("SerialNumber");
  if (input.TokenCode !== undefined) throw notSupported("TokenCode");
  if (input.MinimumSessionTokenSize !== undefined) throw notSupported("MinimumSessionTokenSize");
}

/** ExternalId is let through: AWS too ignores it where no trust policy asks for it. */
function refuseIdle(input: Parameters<Api<typeof Sdk>["AssumeRole"]>[0]): void {
  refuseMfa(input);
  if (input.Policy !== undefined) throw notSupported("Policy");
  if (input.PolicyArns?.length) throw notSupported("PolicyArns");
  if (input.Tags?.length) throw notSupported("Tags");
  if (input.TransitiveTagKeys?.length) throw notSupported("TransitiveTagKeys");
  if (input.SourceIdentity !== undefined) throw notSupported("SourceIdentity");
  if (input.ProvidedContexts?.length) throw notSupported("ProvidedContexts");
}
