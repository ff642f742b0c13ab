// Requests as they are, with any Host and Origin, which fetch does not let a program say.
import { request } from "node:http";
import { text } from "node:stream/consumers";

export interface PlainAnswer {
  status: number;
  headers: Record<string, string | undefined>;
  text: string;
}

export async function plainHttp(url: string, { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string | Uint8Array } = {}): Promise<PlainAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PlainAnswer>();
  const sent = request(url, { method, agent: false, headers: { ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }), ...headers } }, (response) => {
    text(response).then((content) => resolve({ status: response.statusCode!, headers: response.headers as Record<string, string>, text: content }), reject);
  });
  sent.on("error", reject);
  sent.end(body);
  return promise;
}

/** The fields and the file, as a browser sends them. */
export function formOf(fields: Record<string, string> | [string, string][], file?: { name?: string; type?: string; bytes: string | Uint8Array }, boundary = "----form"): { headers: Record<string, string>; body: Buffer } {
  const parts = (Array.isArray(fields) ? fields : Object.entries(fields)).map(([name, value]) => Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`));
  if (file) parts.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"${file.name === undefined ? "" : `; filename="${file.name}"`}\r\n${file.type === undefined ? "" : `Content-Type: ${file.type}\r\n`}\r\n`), Buffer.from(file.bytes), Buffer.from("\r\n"));
  return { headers: { "content-type": `multipart/form-data; boundary=${boundary}` }, body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]) };
}
