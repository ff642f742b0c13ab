// One jar from a Maven repository: the local one, else the mirror that Maven's own settings name, else Maven Central.
// https://maven.apache.org/guides/introduction/introduction-to-repositories.html, https://maven.apache.org/guides/mini/guide-mirror-settings.html
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../kernel/errors.ts";

export interface Jar {
  group: string;
  artifact: string;
  version: string;
  /** Hex: what a mirror serves is taken only when it is this. */
  sha256: string;
}

const CENTRAL = "https://repo1.maven.org/maven2";
const JAR_BYTES_MAX = 16 * 1024 * 1024;
const FETCH_MS_MAX = 120_000;

export const fileName = ({ artifact, version }: Jar): string => `${artifact}-${version}.jar`;

/** Throws a Fault that says where it looked. */
export async function bringJar(jar: Jar, environment: Record<string, string | undefined>): Promise<Uint8Array> {
  const home = join(environment.HOME || "/", ".m2");
  const path = [...jar.group.split("."), jar.artifact, jar.version, fileName(jar)].join("/");
  const local = await readFile(join(home, "repository", path)).catch(() => undefined);
  if (local && isRight(local, jar)) return local;
  const settings = await readFile(join(home, "settings.xml"), "utf8").catch(() => "");
  const url = `${mirrorOf(settings) ?? CENTRAL}/${path}`;
  const hint = `; where Maven reaches it: mvn dependency:get -Dartifact=${jar.group}:${jar.artifact}:${jar.version}`;
  const fetched = await download(url).catch((cause) => { throw new Fault(`${url} could not be fetched (${reason(cause)})${hint}`, cause); });
  if (!isRight(fetched, jar)) throw new Fault(`${url} is not the file that AWS has published: its SHA-256 is another one${hint}`);
  return fetched;
}

/** The first mirror of Maven Central in a settings.xml; its address without a slash at the end. */
export function mirrorOf(settings: string): string | undefined {
  for (const [, mirror] of settings.replace(/<!--[\s\S]*?-->/g, "").matchAll(/<mirror>([\s\S]*?)<\/mirror>/g)) {
    const of = /<mirrorOf>([\s\S]*?)<\/mirrorOf>/.exec(mirror!)?.[1]?.split(",").map((name) => name.trim()) ?? [];
    const url = /<url>([\s\S]*?)<\/url>/.exec(mirror!)?.[1]?.trim().replaceAll("&amp;", "&").replace(/\/+$/, "");
    if (url && !of.includes("!central") && of.some((name) => ["*", "central", "external:*"].includes(name))) return url;
  }
  return undefined;
}

const isRight = (bytes: Uint8Array, { sha256 }: Jar): boolean => createHash("sha256").update(bytes).digest("hex") === sha256;

async function download(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS_MAX) });
  if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.byteLength;
    if (bytes > JAR_BYTES_MAX) throw new Error(`more than ${JAR_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** fetch() says "fetch failed", and the reason in its cause. */
const reason = (error: Error): string => (error.cause instanceof Error && error.cause.message ? error.cause.message : error.message);
