// How S3 names an account: by its canonical user id. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Owner.html
import { createHash } from "node:crypto";

const known = new Map<string, string>();

/** 64 hexadecimal digits, always the same for an account. */
function canonicalUserId(account: string): string {
  let id = known.get(account);
  if (id === undefined) known.set(account, (id = createHash("sha256").update(`canonical user of ${account}`).digest("hex")));
  return id;
}

/** Of an upload: a user or a session of a role by its ARN and name, an account as its owner. Only here DisplayName is still sent (recorded in 2026); an account's own name is not known, so it is its number. */
export function initiatorOf(arn: string, account: string): { ID: string; DisplayName: string } {
  const name = /:(?:user|assumed-role)\/(?:.*\/)?([^/]+)$/.exec(arn)?.[1];
  return name === undefined ? { ...ownerOf(account), DisplayName: account } : { ID: arn, DisplayName: name };
}

export const ownerOf = (account: string): { ID: string } => ({ ID: canonicalUserId(account) });
