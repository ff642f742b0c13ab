// Who a key belongs to, and the credentials functions run with. Implemented by the STS and IAM rooms.
import type { Principal } from "../kernel/call.ts";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiresAtMs: number;
}

export interface KnownKey {
  secretAccessKey: string;
  /** Set for temporary credentials: the request must carry the same token. */
  sessionToken?: string;
  expiresAtMs?: number;
  /** Its user has switched it off: whoever uses it is nobody. */
  inactive?: true;
  principal: Omit<Principal, "verified">;
}

export interface Identity {
  /** Undefined for a key nobody issued. */
  findKey(accessKeyId: string): Promise<KnownKey | undefined>;
  /** Temporary credentials for a role, as Lambda hands them to a function (lambda:SourceFunctionArn). */
  credentialsForRole(roleArn: string, sessionName: string, functionArn?: string): Promise<Credentials>;
}
