// What a message may say. Pure. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
import { hash } from "node:crypto";

/** #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF; half surrogates are none of them. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** As AWS names it ("#x1A"); undefined when everything is allowed. */
export function forbiddenCharacter(text: string): string | undefined {
  const at = text.search(FORBIDDEN);
  return at < 0 ? undefined : `#x${text.codePointAt(at)!.toString(16).toUpperCase()}`;
}

export const textMd5 = (text: string): string => hash("md5", text);
export const textSha256 = (text: string): string => hash("sha256", text);
