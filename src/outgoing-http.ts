// HTTP requests to other servers, with a time limit, and a limit to what is read of their answers.
import { request as plain } from "./kernel/node-http.ts";
import type { OutgoingHttp, OutgoingResponse } from "./ports/outgoing-http.ts";

const BODY_BYTES_MAX = 65_536;

export function openOutgoingHttp(): OutgoingHttp {
  return {
    send: ({ method, url, headers, body, timeoutMs }) => new Promise<OutgoingResponse>((resolve, reject) => {
      const to = new URL(url);
      const send = to.protocol === "https:" ? process.getBuiltinModule("node:https").request : plain; // TLS is loaded by who needs it (8 ms)
      let isAnswered = false;
      const request = send(to, { method, headers: { ...headers, "content-length": String(Buffer.byteLength(body)) }, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
        isAnswered = true;
        const parts: Buffer[] = [];
        let size = 0;
        const answer = () => resolve({ status: response.statusCode!, headers: flat(response.headers), body: Buffer.concat(parts).subarray(0, BODY_BYTES_MAX) });
        response.on("data", (part: Buffer) => {
          parts.push(part);
          size += part.length;
          if (size < BODY_BYTES_MAX) return;
          answer();
          request.destroy();
        });
        response.on("end", answer);
        response.on("error", reject);
      });
      request.on("error", reject);
      // Of a server that switches protocols (101) nothing else is heard: no response, no error, not even when the time is over.
      request.on("close", () => { if (!isAnswered) reject(new Error("the connection was closed without an answer")); });
      request.end(body);
    }),
  };
}

const flat = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]));
