// Runs the evoke command as its own process, against a platform that is already there.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export const MAIN = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "src", "main.ts");

export async function evoke(args: string[], url: string, input = "", environment: Record<string, string> = {}): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env["PATH"], HOME: process.env["HOME"], AWS_ENDPOINT_URL: url, ...environment } });
  child.stdin.on("error", () => undefined); // it may end without reading
  child.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), new Promise<number>((resolve) => child.on("close", (exit) => resolve(exit ?? -1)))]);
  return { code, stdout, stderr };
}
