// That credentials were used: when, for which service, in which region. Told with every request, so it costs next to nothing.
import type { Principal } from "../kernel/call.ts";

export interface CredentialUse {
  note(principal: Principal, service: string, region: string, nowMs: number): void;
}
