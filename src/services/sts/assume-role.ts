// AssumeRole: credentials of a role for whom it trusts. Whether it does was asked by the gateway (access.ts); here is what the session is.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
import type * as Sdk from "@aws-sdk/client-sts";
import type { Api, RoomPorts } from "../service.ts";
import { assumeContext } from "./access.ts";
import { badArn, mayNotAssume, rootMayNotAssume, sourceIdentityFixed, tooLongForChain, tooLongForRole } from "./errors.ts";
import { expiry, refuseUnsupported, shown } from "./parameters.ts";
import { findRole, idOfUnknownRole, openSession, parseRoleArn, rolePrincipal } from "./session.ts";
import { sessionPolicies, sessionTags } from "./session-limits.ts";

const ROLE_SECONDS_DEFAULT = 3600;
/** A role that was never created allows what a new role allows. */
const ROLE_SECONDS_MAX_DEFAULT = 3600;
const CHAINED_SECONDS_MAX = 3600;

export function assumeRoleOperation({ stores, clock, ids, access }: RoomPorts): Pick<Api<typeof Sdk>, "AssumeRole"> {
  return {
    async AssumeRole(input, call) {
      refuseUnsupported(input);
      const role = parseRoleArn(input.RoleArn);
      if (!role) throw badArn(input.RoleArn);
      const { principal: caller } = call;
      const stored = await findRole(stores, role);
      // Where nobody proves who they are and nothing is enforced, functions run with roles nobody created, and so may people.
      if (!stored && (caller.verified || access.mode === "enforce")) throw mayNotAssume(caller.arn, input.RoleArn);
      // Accounts are apart in every --iam mode: whoever proved who they are comes into another one only if its role trusts them.
      const foreign = caller.verified && role.account !== caller.accountId;
      if (foreign && !(await access.decide({ actor: caller, action: "sts:AssumeRole", resource: input.RoleArn, call, context: assumeContext(input) })).allowed) throw mayNotAssume(caller.arn, input.RoleArn);
      if (caller.verified && caller.arn.endsWith(":root")) throw rootMayNotAssume();
      const seconds = input.DurationSeconds ?? ROLE_SECONDS_DEFAULT;
      if (seconds > CHAINED_SECONDS_MAX && caller.arn.includes(":assumed-role/")) throw tooLongForChain();
      if (seconds > (stored?.maxSessionSeconds ?? ROLE_SECONDS_MAX_DEFAULT)) throw tooLongForRole();
      const fixed = caller.session?.sourceIdentity;
      if (fixed !== undefined && input.SourceIdentity !== undefined && input.SourceIdentity !== fixed) throw sourceIdentityFixed();
      const sourceIdentity = input.SourceIdentity ?? fixed;
      const principal = rolePrincipal(role, stored?.id ?? idOfUnknownRole(input.RoleArn), input.RoleSessionName);
      const session = {
        issuedAtMs: call.now.getTime(), issuerArn: stored?.arn ?? input.RoleArn, ...(!stored && { roleUnknown: true as const }),
        ...sessionPolicies(input, role.account), ...sessionTags(input, caller.session), ...(sourceIdentity !== undefined && { sourceIdentity }),
      };
      const credentials = await openSession(stores, ids, { ...principal, session }, expiry(clock, seconds));
      return { Credentials: shown(credentials), AssumedRoleUser: { AssumedRoleId: principal.userId, Arn: principal.arn }, ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }) };
    },
  };
}
