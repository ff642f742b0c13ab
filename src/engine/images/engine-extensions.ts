// Whether an image that only the container engine has holds external extensions: a container of it is made, looked into, and removed without having run.
// https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerArchive
import { posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { BadImage } from "../../ports/images.ts";
import type { EngineApi } from "./engine-api.ts";

const FOLDER = "/opt/extensions";

/** The path of one, if there is any: every file directly in the folder is one. */
export async function extensionAtEngine(api: EngineApi, image: string): Promise<string | undefined> {
  const made = await api.call("POST", "/containers/create", { Image: image, Entrypoint: ["/none"] });
  if (!made) throw new BadImage("not-there", "the container engine does not have it anymore");
  try {
    const archive = await api.archive(made.Id, FOLDER);
    return archive && await firstFile(archive);
  } finally {
    await api.call("DELETE", `/containers/${made.Id}?force=1&v=1`);
  }
}

/** Names in the archive begin with the folder's own. Docker gives a link as it is; what it leads to counts as some. */
async function firstFile(archive: NodeJS.ReadableStream): Promise<string | undefined> {
  const tar = (await import("tar-stream")).extract(); // not before there is an image
  const feeding: Promise<unknown> = pipeline(archive, tar as never);
  feeding.catch(() => {}); // it ends early when one is found; anything else breaks the loop, too
  for await (const entry of tar) {
    const { name, type } = entry.header;
    const parts = posix.normalize(name).split("/").filter((part) => part !== "");
    if (parts.length === 1 && type === "symlink") return FOLDER;
    if (parts.length === 2 && type !== "directory") return `${FOLDER}/${parts[1]}`;
    entry.resume();
  }
  return undefined;
}
