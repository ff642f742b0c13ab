// Pages of http://site.example in a real Chromium, where one is installed.
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { promisify } from "node:util";

const chromium = ["chromium", "chromium-browser", "google-chrome"].find((name) => {
  try { return execFileSync(name, ["--version"], { stdio: "pipe" }); } catch { return undefined; }
});
export const noChromium: string | false = chromium ? false : "Chromium is not installed";

export interface Site {
  origin: string;
  /** Opens the page; answers what it posts to /done as JSON. */
  visit(html: string): Promise<any>;
  /** Opens an address as a person who types it; answers what is shown, and keeps it in the cache of the same browser. */
  type(address: string): Promise<string>;
}

export async function openSite(t: TestContext): Promise<Site> {
  const profile = mkdtempSync(join(tmpdir(), "evoke-chromium-"));
  t.after(() => rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  let page = "";
  let done: (result: any) => void = () => {};
  const site = createServer(async (request, response) => {
    if (request.url === "/done") done(JSON.parse(await text(request)));
    response.setHeader("content-type", "text/html").end(request.url === "/" ? page : "");
  });
  await new Promise<void>((resolve) => { site.listen(0, "127.0.0.1", resolve); });
  t.after(() => { site.closeAllConnections(); site.close(); });
  const { port } = site.address() as { port: number };
  const options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", `--user-data-dir=${profile}`, "--host-resolver-rules=MAP *.example 127.0.0.1"];
  return {
    origin: `http://site.example:${port}`,
    async visit(html) {
      page = html;
      const result = new Promise<any>((resolve) => { done = resolve; });
      const browser = spawn(chromium!, [...options, `http://site.example:${port}/`], { stdio: "ignore", detached: true });
      const exited = new Promise((resolve) => browser.once("exit", resolve));
      try { return await result; } finally { process.kill(-browser.pid!, "SIGKILL"); await exited; }
    },
    type: async (address) => (await promisify(execFile)(chromium!, [...options, "--dump-dom", address])).stdout,
  };
}
