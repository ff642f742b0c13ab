// Starts the program of a container image, in a sandbox or at a container engine, with the Runtime API beside it.
// https://docs.aws.amazon.com/lambda/latest/dg/images-create.html, https://docs.aws.amazon.com/lambda/latest/dg/images-parms.html
import { lstat } from "node:fs/promises";
import { Fault } from "../kernel/errors.ts";
import type { Started } from "./environment.ts";
import { type Failure, invalidEntrypoint, invalidWorkingDirectory } from "./failures.ts";
import { seenFromContainer } from "./images/container.ts";
import { inside, whyNotExecutable } from "./images/inside.ts";
import { extensionFilesOfImage, launchWithExtensions, ownAddress } from "./launch-extensions.ts";
import { CREDENTIALS_MARGIN_MS, type LaunchOrder, type LaunchParts, sandboxId } from "./launch.ts";
import type { RuntimeListener } from "./link.ts";
import { openRuntimeApi } from "./runtime-api/server.ts";
import { functionVariables } from "./variables.ts";

/** Docker's, for images that set none. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

interface Command {
  argv: string[];
  env: Record<string, string>;
  workingDirectory: string;
}

type Processes = Pick<Started, "running" | "runtime" | "startRuntime">;

export async function launchImage(parts: LaunchParts, order: LaunchOrder, listener: RuntimeListener): Promise<Started | Failure> {
  const { version, initializationType, logStream, requestId, extensions } = order;
  if (parts.network === "none") throw new Fault("Container images reach their Runtime API over the network and cannot run with --network none; Node.js, Python and Ruby functions can");
  const [kept, credentials] = await Promise.all([parts.image(version.codeId), parts.identity.credentialsForRole(version.role, version.name, version.arn)]);
  const image = version.image!;
  const { config, engineImage } = kept;
  // As Docker does it: an entry point of one's own leaves out the image's command.
  const argv = [...(image.entryPoint ?? config.entryPoint), ...(image.command ?? (image.entryPoint ? [] : config.command))];
  if (argv.length === 0) return invalidEntrypoint(requestId, "the image has no entry point and no command");
  const link = await (order.openApi?.(listener, extensions) ?? openRuntimeApi(listener, extensions));
  try {
    const [runtimeApi, endpointUrl] = [link.address, parts.endpointUrl()].map((address) => (engineImage === undefined ? address : seenFromContainer(address))) as [string, string];
    const env = {
      PATH, ...Object.fromEntries(config.env.map((pair) => [pair.split("=", 1)[0]!, pair.slice(pair.indexOf("=") + 1)])),
      ...functionVariables({ version, credentials, initializationType, logStream, runtimeApi, endpointUrl }),
    };
    const command = { argv, env, workingDirectory: image.workingDirectory ?? config.workingDirectory };
    const started = engineImage === undefined ? await inSandbox(parts, order, kept.rootDir, command) : await inContainer(parts, order, engineImage, command);
    if ("payload" in started) link.close();
    else link.admit(started.running.holdsPeer);
    return "payload" in started ? started : { ...started, link, expiresAtMs: credentials.expiresAtMs - CREDENTIALS_MARGIN_MS };
  } catch (error) {
    link.close();
    throw error;
  }
}

async function inSandbox(parts: LaunchParts, { version, requestId, tmpDir, extensions }: LaunchOrder, rootDir: string, { argv, env, workingDirectory }: Command): Promise<Processes | Failure> {
  const folder = await inside(rootDir, workingDirectory, true);
  if (folder === undefined || !(await lstat(folder).catch(() => undefined))?.isDirectory()) return invalidWorkingDirectory(requestId, `chdir ${workingDirectory}: no such file or directory`);
  const why = await whyNotExecutable(rootDir, argv[0]!, { path: env.PATH ?? PATH, cwd: workingDirectory });
  if (why !== undefined) return invalidEntrypoint(requestId, why);
  const spec = { rootDir, workingDirectory, readOnlyPaths: [], memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb, network: parts.network, channel: false, ...(tmpDir ? { tmpDir } : {}) };
  const files = extensions ? await extensionFilesOfImage(rootDir) : [];
  if (!extensions || !files.length) return { running: await parts.sandbox.start({ ...spec, id: sandboxId(parts.ids), argv, env }) };
  const address = ownAddress(parts.ids, parts.sandbox);
  extensions.telemetry.at(address);
  return launchWithExtensions(parts, { spec: { ...spec, address }, files, extensions, command: argv, env });
}

/** What engines say when the program is not there or is none: runc's and crun's words. */
const NO_PROGRAM = /no such file or directory|executable file .*not found|permission denied|exec format error/i;

async function inContainer(parts: LaunchParts, { version, requestId }: LaunchOrder, image: string, command: Command): Promise<Processes | Failure> {
  if (!parts.container) throw new Fault(`${version.name} runs from an image of a container engine, and no socket of Docker or Podman was found`);
  try {
    return { running: await parts.container({ ...command, image, name: sandboxId(parts.ids), memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb }) };
  } catch (error) {
    if (error instanceof Fault && /^The container engine refused \/containers\/\w+\/(attach|start)/.test(error.message) && NO_PROGRAM.test(error.message)) return invalidEntrypoint(requestId, error.message);
    throw error;
  }
}
