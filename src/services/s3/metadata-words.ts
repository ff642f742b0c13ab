// Metadata that is not plain ASCII, as headers carry it: words of RFC 2047. No I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata. How S3 encodes is recorded (LocalStack: test_user_metadata_rfc2047_encoded,
// test_post_object_with_unicode_metadata), and is what JavaMail's MimeUtility.encodeText does, folding of long texts included, which is not recorded.

/** Characters of one word, by JavaMail: 68 less the name of the character set. */
const WORD_CHARACTERS_MAX = 63;
const WORD = /=\?([\w-]+)\?([BbQq])\?([^?]*)\?=/g;
/** What a header may hold as it is. */
const PLAIN = /^[\t\x20-\x7e]*$/;

export const isPlain = (text: string): boolean => PLAIN.test(text);

/** As a request's header has it: words are decoded, the rest is as it was. */
export function decodeWords(text: string): string {
  if (!text.includes("=?")) return text;
  return text.replace(/(\?=)\s+(?==\?)/g, "$1").replace(WORD, (word, charset: string, encoding: string, content: string) => {
    const bytes = encoding.toUpperCase() === "B" ? Buffer.from(content, "base64") : unquoted(content);
    try {
      return new TextDecoder(charset).decode(bytes);
    } catch {
      return word; // a character set nobody knows
    }
  });
}

const unquoted = (text: string): Buffer => Buffer.from(text.replaceAll("_", " ").replace(/=([0-9a-fA-F]{2})/g, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), "latin1");

/** As a response's header shows it. */
export function encodeWords(text: string): string {
  if (PLAIN.test(text)) return text;
  const ascii = [...Array(text.length).keys()].filter((at) => PLAIN.test(text[at]!)).length;
  return ascii > text.length - ascii ? words(text, "Q", quoted) : words(text, "B", (part) => Buffer.from(part).toString("base64"));
}

function words(text: string, encoding: "Q" | "B", encode: (text: string) => string): string {
  const encoded = encode(text);
  if (encoded.length <= WORD_CHARACTERS_MAX || text.length < 2) return `=?UTF-8?${encoding}?${encoded}?=`;
  let half = text.length >> 1;
  if (/[\ud800-\udbff]/.test(text[half - 1]!)) half--;
  return half === 0 ? `=?UTF-8?${encoding}?${encoded}?=` : `${words(text.slice(0, half), encoding, encode)} ${words(text.slice(half), encoding, encode)}`;
}

const quoted = (text: string): string => [...Buffer.from(text)].map((byte) => {
  if (byte === 0x20) return "_";
  const character = String.fromCharCode(byte);
  return byte < 0x20 || byte > 0x7e || "=_?".includes(character) ? `=${byte.toString(16).toUpperCase().padStart(2, "0")}` : character;
}).join("");
