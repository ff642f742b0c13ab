// Sends what has changed of a large package, instead of all of it.
import type { Command } from "./arguments.ts";
import { type Changes, type DevPackage, zipOfAdded } from "./dev-package.ts";
import { clientConfig } from "./terminal.ts";

/** Smaller packages are sent whole in the same time. */
const WORTH_FROM_FILES = 500;
/** In base64; the platform reads 8 MB. */
const ADDED_CHARACTERS_MAX = 6 * 1024 ** 2;
const REMOVED_MAX = 10_000;

/** The CodeSha256 the function has then; undefined when the whole package is to be sent: this is no Evoke, or not one's own, or it has other code. */
export async function sendChanges(command: Command, functionName: string, code: DevPackage, changes: Changes): Promise<string | undefined> {
  const base = code.deployed();
  if (code.files() < WORTH_FROM_FILES || base === undefined || changes.removed.length > REMOVED_MAX) return undefined;
  const added = zipOfAdded(changes);
  if (added.length > ADDED_CHARACTERS_MAX) return undefined;
  const { endpoint, region, credentials } = clientConfig(command);
  const account = /^\d{12}$/.test(credentials.accessKeyId) ? `?account=${credentials.accessKeyId}` : "";
  const response = await fetch(`${endpoint}/_evoke/code-changes${account}`, { method: "POST", body: JSON.stringify({ functionName, region, base, removed: changes.removed, added }) }).catch(() => undefined);
  if (!response?.ok) return undefined;
  const { CodeSha256 } = (await response.json()) as { CodeSha256?: string };
  return CodeSha256;
}
