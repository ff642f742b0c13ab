// A form with one file, as browsers send it: fields first, then the file as a stream. https://www.rfc-editor.org/rfc/rfc7578
// Limits and sentences are S3's: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
import { ServiceError } from "../kernel/errors.ts";

export interface FileForm {
  /** By their names in lower case; of a name that comes twice the last counts. */
  fields: Map<string, string>;
  /** The part named "file". To be read to its end; what follows it is read and left out. */
  file: AsyncIterable<Uint8Array>;
  fileName?: string;
}

/** All that comes before the file's first byte. */
const HEAD_BYTES_MAX = 20_480;
const LINE_END = Buffer.from("\r\n");
const HEADERS_END = Buffer.from("\r\n\r\n");

const malformed = () => new ServiceError("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.", { status: 400 });
const headTooLarge = () => new ServiceError("MaxPostPreDataLengthExceededError", "Your POST request fields preceding the upload file were too large.", { status: 400 });
const noFile = () => new ServiceError("InvalidArgument", "POST requires exactly one file upload per request.", { status: 400, members: { ArgumentName: "file", ArgumentValue: "0" } });

/** `multipart/form-data; boundary=…`; undefined for anything else. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const match = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))/i.exec(contentType ?? "");
  return match?.[1] ?? match?.[2];
}

/** Reads as far as the file's first byte. Throws ServiceError, and so does reading the file. */
export async function readFileForm(body: AsyncIterable<Uint8Array>, boundary: string): Promise<FileForm> {
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  const source = new Source(body);
  const fields = new Map<string, string>();
  let used = (await source.until(delimiter, HEAD_BYTES_MAX)).length;
  for (;;) {
    const line = await source.until(LINE_END, HEAD_BYTES_MAX - used);
    used += line.length + delimiter.length;
    if (line.toString("latin1").startsWith("--")) throw noFile();
    if (line.toString("latin1").trim() !== "") throw malformed();
    // The line end before the headers may be the one that ends them, of a part that has none.
    const headers = (await source.until(HEADERS_END, HEAD_BYTES_MAX - used)).toString();
    used += headers.length;
    const { name, fileName } = dispositionOf(headers);
    if (name.toLowerCase() === "file") return { fields, file: source.rest(delimiter), ...(fileName !== undefined && { fileName }) };
    const value = await source.until(delimiter, HEAD_BYTES_MAX - used);
    used += value.length;
    fields.set(name.toLowerCase(), value.toString());
  }
}

function dispositionOf(headers: string): { name: string; fileName?: string } {
  const line = headers.split("\r\n").find((one) => /^content-disposition\s*:\s*form-data\s*;/i.test(one));
  if (line === undefined) throw malformed();
  const name = parameterOf(line, "name");
  const fileName = parameterOf(line, "filename");
  if (name === undefined) throw malformed();
  return { name, ...(fileName !== undefined && { fileName }) };
}

/** Browsers write a quotation mark as %22, curl with a backslash before it. */
function parameterOf(line: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, "i").exec(line);
  return match?.[1]?.replace(/\\(["\\])/g, "$1").replaceAll("%22", '"') ?? match?.[2];
}

/** The body, looked through for what separates its parts. */
class Source {
  readonly #chunks: AsyncIterator<Uint8Array>;
  // As if a line had ended before the body, so that the first delimiter is like the others.
  #held: Buffer = LINE_END;
  constructor(body: AsyncIterable<Uint8Array>) {
    this.#chunks = body[Symbol.asyncIterator]();
  }

  /** What comes before the mark, which is passed over. */
  async until(mark: Buffer, bytesMax: number): Promise<Buffer> {
    for (let from = 0; ;) {
      const at = this.#held.indexOf(mark, from);
      if (at > bytesMax || (at < 0 && this.#held.length > bytesMax + mark.length)) throw headTooLarge();
      if (at >= 0) {
        const before = this.#held.subarray(0, at);
        this.#held = this.#held.subarray(at + mark.length);
        return before;
      }
      from = Math.max(0, this.#held.length - mark.length + 1);
      if (!(await this.#more())) throw malformed();
    }
  }

  async *rest(mark: Buffer): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      if (at >= 0) {
        if (at > 0) yield this.#held.subarray(0, at);
        break;
      }
      // The end of what is here may be the beginning of the mark.
      const sure = this.#held.length - mark.length + 1;
      if (sure > 0) {
        yield this.#held.subarray(0, sure);
        this.#held = this.#held.subarray(sure);
      }
      if (!(await this.#more())) throw malformed();
    }
    // "The elements after this will be ignored": read, so that the connection can go on.
    for (let left = HEAD_BYTES_MAX; left > 0;) {
      const { done, value } = await this.#chunks.next();
      if (done) return;
      left -= value.byteLength;
    }
    await this.#chunks.return?.();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done) return false;
    this.#held = this.#held.length === 0 ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.concat([this.#held, value]);
    return true;
  }
}
