// Temporary credentials of one's own: for oneself (GetSessionToken), and for someone to hand them to (GetFederationToken).
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html · https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
import type * as Sdk from "@aws-sdk/client-sts";
import { partitionOf } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Api, RoomPorts } from "../service.ts";
import { noTokenForSession } from "./errors.ts";
import { expiry, refuseUnsupported, shown } from "./parameters.ts";
import { openSession } from "./session.ts";
import { sessionPolicies, sessionTags } from "./session-limits.ts";

const TOKEN_SECONDS_DEFAULT = 43_200;
const ROOT_TOKEN_SECONDS_MAX = 3600;

/** "the session for root users is one hour": a longer one is shortened, not refused. */
function expiryOf(clock: Clock, call: Call, asked: number | undefined): number {
  const seconds = asked ?? TOKEN_SECONDS_DEFAULT;
  return expiry(clock, call.principal.arn.endsWith(":root") ? Math.min(seconds, ROOT_TOKEN_SECONDS_MAX) : seconds);
}

function assertLasting({ principal }: Call, operation: string): void {
  if (principal.accessKeyId.startsWith("ASIA")) throw noTokenForSession(operation);
}

export function tokenOperations({ stores, clock, ids }: RoomPorts): Pick<Api<typeof Sdk>, "GetSessionToken" | "GetFederationToken"> {
  return {
    async GetSessionToken(input, call) {
      refuseUnsupported(input);
      assertLasting(call, "GetSessionToken");
      const { arn, accountId, userId } = call.principal;
      const session = { issuedAtMs: call.now.getTime(), issuerArn: arn };
      return { Credentials: shown(await openSession(stores, ids, { arn, accountId, userId, session }, expiryOf(clock, call, input.DurationSeconds))) };
    },

    /** The federated user may do what both the caller and the given policies allow: without policies, nothing but what resources grant it. */
    async GetFederationToken(input, call) {
      refuseUnsupported(input);
      assertLasting(call, "GetFederationToken");
      const { arn: issuerArn, accountId } = call.principal;
      const principal = { arn: `arn:${partitionOf(call.region)}:sts::${accountId}:federated-user/${input.Name}`, accountId, userId: `${accountId}:${input.Name}` };
      const session = { issuedAtMs: call.now.getTime(), issuerArn, ...sessionPolicies(input, accountId), ...sessionTags(input, undefined) };
      const credentials = await openSession(stores, ids, { ...principal, session }, expiryOf(clock, call, input.DurationSeconds));
      return { Credentials: shown(credentials), FederatedUser: { FederatedUserId: principal.userId, Arn: principal.arn } };
    },
  };
}
