// Deployment packages for tests, made in memory.
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";

/** File name to content; a bootstrap, a script, or whatever is named in `executable`, gets its x bits. */
export async function zipOf(files: Record<string, string | Uint8Array>, executable: string[] = ["bootstrap"]): Promise<Uint8Array> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content as string), name, { mode: executable.includes(name) || (typeof content === "string" && content.startsWith("#!")) ? 0o100755 : 0o100644 });
  const bytes = buffer(zip.outputStream);
  zip.end();
  return bytes;
}
