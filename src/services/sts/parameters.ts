// What the operations that hand out credentials share: the answer's form, its end, and the parameters that would do nothing.
import type { Clock } from "../../kernel/clock.ts";
import type { Credentials } from "../../ports/identity.ts";
import { notSupported } from "./errors.ts";

/** To the second, as AWS's answers are. Of the machine's date: who uses credentials compares their end with its own clock. */
export const expiry = (clock: Clock, seconds: number): number => Math.floor(clock.machineNow() / 1000 + seconds) * 1000;

export const shown = (credentials: Credentials) => ({
  AccessKeyId: credentials.accessKeyId,
  SecretAccessKey: credentials.secretAccessKey,
  SessionToken: credentials.sessionToken,
  Expiration: new Date(credentials.expiresAtMs),
});

/** There are no MFA devices and no context providers. */
export function refuseUnsupported(input: { SerialNumber?: string | undefined; TokenCode?: string | undefined; MinimumSessionTokenSize?: number | undefined; ProvidedContexts?: unknown[] | undefined }): void {
  if (input.SerialNumber !== undefined) throw notSupported("SerialNumber");
  if (input.TokenCode !== undefined) throw notSupported("TokenCode");
  if (input.MinimumSessionTokenSize !== undefined) throw notSupported("MinimumSessionTokenSize");
  if (input.ProvidedContexts?.length) throw notSupported("ProvidedContexts");
}
