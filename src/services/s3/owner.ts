// How S3 names an account: by its canonical user id. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Owner.html
import { createHash } from "node:crypto";

const known = new Map<string, string>();

/** 64 hexadecimal digits, always the same for an account. */
function canonicalUserId(account: string): string {
  let id = known.get(account);
  if (id === undefined) known.set(account, (id = createHash("sha256").update(`canonical user of ${account}`).digest("hex")));
  return id;
}

export const ownerOf = (account: string): { ID: string } => ({ ID: canonicalUserId(account) });
