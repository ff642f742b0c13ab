// Starts the program of a container image: its root file system in a sandbox, the Runtime API beside it.
// https://docs.aws.amazon.com/lambda/latest/dg/images-create.html, https://docs.aws.amazon.com/lambda/latest/dg/images-parms.html
import { lstat } from "node:fs/promises";
import { Fault } from "../kernel/errors.ts";
import type { Started } from "./environment.ts";
import { type Failure, invalidEntrypoint, invalidWorkingDirectory } from "./failures.ts";
import { inside, whyNotExecutable } from "./images/inside.ts";
import { CREDENTIALS_MARGIN_MS, type LaunchOrder, type LaunchParts, sandboxId } from "./launch.ts";
import type { RuntimeListener } from "./link.ts";
import { openRuntimeApi } from "./runtime-api/server.ts";
import { functionVariables } from "./variables.ts";

/** Docker's, for images that set none. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export async function launchImage(parts: LaunchParts, { version, initializationType, logStream, requestId, tmpDir, extensions }: LaunchOrder, listener: RuntimeListener): Promise<Started | Failure> {
  if (parts.network === "none") throw new Fault("Container images reach their Runtime API over the network and cannot run with --network none; Node.js, Python and Ruby functions can");
  const [{ rootDir, config }, credentials] = await Promise.all([parts.image(version.codeId), parts.identity.credentialsForRole(version.role, version.name, version.arn)]);
  const image = version.image!;
  const workingDirectory = image.workingDirectory ?? config.workingDirectory;
  // As Docker does it: an entry point of one's own leaves out the image's command.
  const argv = [...(image.entryPoint ?? config.entryPoint), ...(image.command ?? (image.entryPoint ? [] : config.command))];
  const folder = await inside(rootDir, workingDirectory, true);
  if (folder === undefined || !(await lstat(folder).catch(() => undefined))?.isDirectory()) return invalidWorkingDirectory(requestId, `chdir ${workingDirectory}: no such file or directory`);
  if (argv.length === 0) return invalidEntrypoint(requestId, "the image has no entry point and no command");
  const link = await openRuntimeApi(listener, extensions);
  try {
    const env = {
      PATH, ...Object.fromEntries(config.env.map((pair) => [pair.split("=", 1)[0]!, pair.slice(pair.indexOf("=") + 1)])),
      ...functionVariables({ version, credentials, initializationType, logStream, runtimeApi: link.address, endpointUrl: parts.endpointUrl() }),
    };
    const why = await whyNotExecutable(rootDir, argv[0]!, { path: env.PATH, cwd: workingDirectory });
    if (why !== undefined) {
      link.close();
      return invalidEntrypoint(requestId, why);
    }
    const running = await parts.sandbox.start({
      id: sandboxId(parts.ids), argv, env, rootDir, workingDirectory, readOnlyPaths: [], memoryMb: version.memoryMb, tmpMb: version.ephemeralStorageMb, network: parts.network, channel: false, ...(tmpDir ? { tmpDir } : {}),
    });
    link.admit(running.holdsPeer);
    return { running, link, expiresAtMs: credentials.expiresAtMs - CREDENTIALS_MARGIN_MS };
  } catch (error) {
    link.close();
    throw error;
  }
}
