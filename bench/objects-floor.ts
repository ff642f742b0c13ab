// The floor of objects: the smallest streaming server that hashes as S3 does (MD5 and CRC64NVME), and answers when the file is on disk. Argument: its folder.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { startChecksum } from "../src/kernel/checksums.ts";

const folder = process.argv[2]!;
let part = 0;

const server = createServer(async (request, response) => {
  const path = join(folder, request.url!.replaceAll("/", "_"));
  if (request.method === "GET") {
    response.writeHead(200, { "content-length": statSync(path).size });
    return void (await pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), response));
  }
  const [md5, crc] = [createHash("md5"), await startChecksum("crc64nvme")];
  const temporary = `${path}.${part++}`;
  await pipeline(request, async function* (chunks) {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      md5.update(chunk);
      crc.update(chunk);
      yield chunk;
    }
  }, createWriteStream(temporary, { flush: true }));
  await rename(temporary, path);
  const directory = await open(folder);
  await directory.sync();
  await directory.close();
  response.writeHead(200, { etag: md5.digest("hex"), "x-amz-checksum-crc64nvme": await crc.digest() });
  response.end();
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` })}\n`));
