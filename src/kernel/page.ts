// Opaque page tokens for lists: the key to continue after, so that a page survives inserts and deletes.

export const encodePageToken = (after: string): string => Buffer.from(JSON.stringify({ after })).toString("base64url");

/** Undefined when the token is not one of ours; the room answers its own invalid-token error. */
export function decodePageToken(token: string): string | undefined {
  try {
    const value = JSON.parse(Buffer.from(token, "base64url").toString());
    return typeof value?.after === "string" ? value.after : undefined;
  } catch {
    return undefined;
  }
}
