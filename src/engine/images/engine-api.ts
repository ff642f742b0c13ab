// The Docker Engine API over its socket, as Docker and Podman serve it: the few calls that images and containers of functions need.
// https://docs.docker.com/reference/api/engine/version/v1.41/
import { existsSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Fault } from "../../kernel/errors.ts";
import { request } from "../../kernel/node-http.ts";

export interface EngineApi {
  /** JSON in, JSON out; undefined for 404. Throws a Fault for any other refusal. */
  call(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<any>;
  /** A folder of a container as a tar archive, to be destroyed when enough of it was read; undefined when it is not there. */
  archive(id: string, path: string): Promise<Readable | undefined>;
  /** What the container writes, as the engine frames it; resolves when it is listening. */
  attach(id: string): Promise<Readable>;
}

const VERSION = "/v1.41";
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const TIMEOUT_MS = 30_000;
/** Where engines listen, in the order the docker command would try them. */
const socketsOf = ({ HOME = "/", XDG_RUNTIME_DIR }: Record<string, string | undefined>): string[] =>
  ["/var/run/docker.sock", join(HOME, ".docker/run/docker.sock"), ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, "docker.sock"), join(XDG_RUNTIME_DIR, "podman/podman.sock")] : []), "/run/podman/podman.sock"];

/** The socket of this machine's engine; undefined when there is none. DOCKER_HOST counts where it names a socket. */
export function findEngine(environment: Record<string, string | undefined>): string | undefined {
  const named = environment.DOCKER_HOST;
  if (named) return named.startsWith("unix://") ? named.slice("unix://".length) : undefined;
  return socketsOf(environment).find((path) => existsSync(path));
}

export function engineApi(socketPath: string): EngineApi {
  const open = (method: string, path: string, headers: Record<string, string | number>) => request({ socketPath, method, path: VERSION + path, headers: { Host: "engine", ...headers } });
  const failed = (path: string, cause: Error) => new Fault(`The container engine at ${socketPath} did not answer ${path.split("?")[0]}: ${cause.message}`, cause);
  const refused = (path: string, answer: string) => new Fault(`The container engine refused ${path.split("?")[0]}: ${messageOf(answer)}`);
  return {
    call: (method, path, body) => new Promise((resolve, reject) => {
      const text = body === undefined ? "" : JSON.stringify(body);
      const sent = open(method, path, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
      const waits = path.includes("/wait");
      if (!waits) sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error("it took too long")));
      sent.on("error", (error) => reject(failed(path, error)));
      sent.on("response", (response) => {
        readAll(response).then((answer) => {
          const { statusCode = 500 } = response;
          if (statusCode === 404) return resolve(undefined);
          if (statusCode >= 400) return reject(refused(path, answer));
          resolve(answer.trim() === "" ? {} : JSON.parse(answer));
        }).catch((error) => reject(failed(path, error)));
      });
      sent.end(text);
    }),
    archive: (id, folder) => new Promise((resolve, reject) => {
      const path = `/containers/${id}/archive?path=${encodeURIComponent(folder)}`;
      const sent = open("GET", path, {});
      sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error("it took too long")));
      sent.on("error", (error) => reject(failed(path, error)));
      sent.on("response", (response) => {
        if (response.statusCode === 200) return resolve(response);
        readAll(response).then((answer) => (response.statusCode === 404 ? resolve(undefined) : reject(refused(path, answer))), (error) => reject(failed(path, error)));
      });
      sent.end();
    }),
    attach: (id) => new Promise((resolve, reject) => {
      const path = `/containers/${id}/attach?stream=1&stdout=1&stderr=1`;
      const sent = open("POST", path, { Connection: "Upgrade", Upgrade: "tcp" });
      sent.on("error", (error) => reject(failed(path, error)));
      sent.on("response", (response: IncomingMessage) => {
        if (response.statusCode === 200) return resolve(response);
        readAll(response).then((answer) => reject(refused(path, answer)), (error) => reject(failed(path, error)));
      });
      sent.on("upgrade", (_response, socket: Socket, head: Buffer) => {
        if (head.byteLength) socket.unshift(head);
        socket.on("error", () => {});
        resolve(socket);
      });
      sent.end();
    }),
  };
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES_MAX) throw new Error("its answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function messageOf(answer: string): string {
  try {
    return String((JSON.parse(answer) as { message?: unknown }).message);
  } catch {
    return answer.slice(0, 200);
  }
}
