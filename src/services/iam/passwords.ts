// What a password must be like, and how it is kept: scrypt with a salt of its own. Pure but for the hashing.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
import { scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

export interface PasswordPolicy {
  MinimumPasswordLength: number;
  RequireSymbols: boolean;
  RequireNumbers: boolean;
  RequireUppercaseCharacters: boolean;
  RequireLowercaseCharacters: boolean;
  AllowUsersToChangePassword: boolean;
  PasswordReusePrevention?: number;
}

export interface KeptPassword {
  hash: string;
  salt: string;
}

const HASH_BYTES = 32;
const CLASSES = { RequireUppercaseCharacters: /[A-Z]/, RequireLowercaseCharacters: /[a-z]/, RequireNumbers: /[0-9]/, RequireSymbols: /[!@#$%^&*()_+\-=[\]{}|']/ };
/** Where an account has set no policy: eight characters of three kinds. */
const DEFAULT = { length: 8, kinds: 3 };

export function isStrong(password: string, policy: PasswordPolicy | undefined): boolean {
  if (!policy) return password.length >= DEFAULT.length && Object.values(CLASSES).filter((kind) => kind.test(password)).length >= DEFAULT.kinds;
  return password.length >= policy.MinimumPasswordLength
    && Object.entries(CLASSES).every(([name, kind]) => !policy[name as keyof typeof CLASSES] || kind.test(password));
}

const derive = promisify(scrypt) as (password: string, salt: Buffer, bytes: number) => Promise<Buffer>;

export async function keepPassword(password: string, salt: Uint8Array): Promise<KeptPassword> {
  return { hash: (await derive(password, Buffer.from(salt), HASH_BYTES)).toString("hex"), salt: Buffer.from(salt).toString("hex") };
}

export async function isPassword(password: string, kept: KeptPassword): Promise<boolean> {
  return timingSafeEqual(await derive(password, Buffer.from(kept.salt, "hex"), HASH_BYTES), Buffer.from(kept.hash, "hex"));
}
