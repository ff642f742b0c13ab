// Signed URLs for code packages: what GetFunction answers as Code.Location.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../kernel/clock.ts";

export interface Page {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array | string;
}

export interface Downloads {
  url(id: string): string;
  page(path: string, query: string): Promise<Page>;
}

const VALID_MS = 10 * 60 * 1000;
const PATH = /^\/_evoke\/code\/([0-9a-f]{64})$/;

/** `key` lives as long as the process: a URL from before a restart is refused like one that has run out. */
export function openDownloads(options: { key: Uint8Array; clock: Clock; endpointUrl(): string; read(id: string): Promise<Uint8Array | undefined> }): Downloads {
  const sign = (id: string, expires: number) => createHmac("sha256", options.key).update(`${id} ${expires}`).digest();
  const deny = (status: number, text: string): Page => ({ status, headers: { "content-type": "text/plain" }, body: text });
  return {
    url(id) {
      const expires = Math.trunc(options.clock.machineNow()) + VALID_MS;
      return `${options.endpointUrl()}/_evoke/code/${id}?expires=${expires}&signature=${sign(id, expires).toString("hex")}`;
    },
    async page(path, query) {
      const id = PATH.exec(path)?.[1];
      if (!id) return deny(404, "There is nothing here.\n");
      const given = new URLSearchParams(query);
      const expires = Number(given.get("expires"));
      const signature = Buffer.from(given.get("signature") ?? "", "hex");
      const wanted = sign(id, expires);
      if (signature.byteLength !== wanted.byteLength || !timingSafeEqual(signature, wanted)) return deny(403, "This link is not valid.\n");
      if (!(expires > options.clock.machineNow())) return deny(403, "This link has expired.\n");
      const zip = await options.read(id);
      if (!zip) return deny(404, "This package is gone.\n");
      return { status: 200, headers: { "content-type": "application/zip", "content-disposition": `attachment; filename="${id}.zip"` }, body: zip };
    },
  };
}
