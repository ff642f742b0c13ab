// Where Evoke may listen, and the keys that open anything beyond loopback.
import { isIP } from "node:net";
import type { Config } from "../config.ts";
import type { IamMode } from "../ports/access.ts";

export interface ConfiguredKey {
  secretAccessKey: string;
}

/** Names and addresses that only this machine can reach. Takes a host without brackets or port. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === "localhost" || name === "::1" || name === "0:0:0:0:0:0:0:1" || (isIP(name) === 4 && name.startsWith("127.")) || name.startsWith("::ffff:127.");
}

/** A sentence for the operator when this configuration must not be served; undefined when all is well. */
export function whyNotToListen(config: Pick<Config, "host" | "credentials" | "iam">): string | undefined {
  const parts = credentialParts(config.credentials);
  const bad = parts.findIndex((part) => !/^[^:\s/,]{3,128}:\S{8,}$/.test(part));
  // The text itself is not repeated: it holds a secret.
  if (bad >= 0) return `--credentials: entry ${bad + 1} of ${parts.length} is not KEY:SECRET (a key id of 3 to 128 characters, a colon, and a secret of at least 8).`;
  if (parts.length === 0 && !isLoopback(config.host)) {
    return `Evoke will not listen on ${config.host} without credentials: anyone who can reach this machine could run code on it. Give --credentials KEY:SECRET (or EVOKE_CREDENTIALS), or listen on 127.0.0.1.`;
  }
  if ((config.iam === "audit" || config.iam === "off") && !isLoopback(config.host)) {
    return `Evoke will not listen on ${config.host} with --iam ${config.iam}: whoever has a key could do everything. Leave --iam out (policies are then enforced), or listen on 127.0.0.1.`;
  }
  return undefined;
}

/** Left alone, policies are enforced for others, and only explained on one's own machine. */
export const iamModeOf = ({ host, iam }: Pick<Config, "host" | "iam">): IamMode => (iam !== "auto" ? iam : isLoopback(host) ? "audit" : "enforce");

const credentialParts = (text: string): string[] => text.split(",").map((part) => part.trim()).filter((part) => part !== "");

/** By access key id; empty in development. */
export function configuredKeys(credentials: string): Map<string, ConfiguredKey> {
  return new Map(credentialParts(credentials).map((part) => {
    const colon = part.indexOf(":");
    return [part.slice(0, colon), { secretAccessKey: part.slice(colon + 1) }];
  }));
}
