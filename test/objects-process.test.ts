// kill -9 while objects are written, in one piece and in parts, over and over: what was acknowledged is there, what is there is whole, and nothing else is left.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
import { type MortalPlatform, mortalPlatforms } from "./support/mortal-platform.ts";

/** A nightly run asks for many more. */
const KILLS = Number(process.env["EVOKE_CRASH_ROUNDS"] ?? 4);
const WRITERS = 4;
const Bucket = "kept";
const PART = 5 * 1024 ** 2;

type Evoke = MortalPlatform<{ s3: S3 }>;
const { start, killDuring } = mortalPlatforms("objects", (config) => ({ s3: new S3(config) }));

const someInParts = (wanted: Map<string, Set<string>>): boolean => [...wanted].some(([key, etags]) => key.startsWith("parts/") && !etags.has("nothing"));
const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

/** Until the platform is gone. `wanted`: the ETag of each key that was acknowledged; a key whose overwriting was not may have either. */
async function writeUntilKilled({ s3 }: Evoke, round: number, wanted: Map<string, Set<string>>, stop: AbortSignal): Promise<void> {
  const write = async (writer: number) => {
    for (let n = 0; !stop.aborted; n++) {
      const Key = `${writer}/${n % 5}`;
      const Body = Buffer.alloc(writer % 2 === 0 ? 300_000 : 3_000, `${writer} ${round} ${n} `);
      const before = wanted.get(Key);
      wanted.set(Key, new Set([...(before ?? ["nothing"]), md5(Body)]));
      try {
        await s3.putObject({ Bucket, Key, Body });
        wanted.set(Key, new Set([md5(Body)]));
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }
  };
  const upload = async () => {
    for (let n = 0; !stop.aborted; n++) {
      const of = { Bucket, Key: `parts/${round}-${n}` };
      const Bodies = [Buffer.alloc(PART, `first ${round} ${n}`), Buffer.from(`last ${round} ${n}`)];
      try {
        const { UploadId } = await s3.createMultipartUpload(of);
        const Parts = await Promise.all(Bodies.map(async (Body, index) => ({ PartNumber: index + 1, ETag: (await s3.uploadPart({ ...of, UploadId, PartNumber: index + 1, Body })).ETag })));
        wanted.set(of.Key, new Set(["nothing", md5(Buffer.concat(Bodies))]));
        await s3.completeMultipartUpload({ ...of, UploadId, MultipartUpload: { Parts } });
        wanted.set(of.Key, new Set([md5(Buffer.concat(Bodies))]));
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }
  };
  await Promise.all([...Array.from({ length: WRITERS }, (_, writer) => write(writer)), upload()]);
}

async function check({ s3 }: Evoke, wanted: Map<string, Set<string>>): Promise<void> {
  for (const [Key, etags] of wanted) {
    const found = await s3.getObject({ Bucket, Key }).then(async ({ Body }) => md5(await Body!.transformToByteArray()), (error: Error) => { assert.equal(error.name, "NoSuchKey"); return "nothing"; });
    assert.ok(etags.has(found), `${Key} is ${found}, not one of ${[...etags].join(", ")}`);
    wanted.set(Key, new Set([found]));
  }
  const { Contents = [] } = await s3.listObjectsV2({ Bucket });
  assert.deepEqual(Contents.map(({ Key }) => Key).sort(), [...wanted].filter(([, etags]) => !etags.has("nothing")).map(([key]) => key).sort());
}

test("objects survive kill -9 whole, or are not there", { timeout: 60_000 + KILLS * 10_000 }, async () => {
  const wanted = new Map<string, Set<string>>();
  let evoke = await start();
  await evoke.s3.createBucket({ Bucket });
  for (let round = 0; round < KILLS; round++) {
    evoke = await killDuring(evoke, { work: (stop) => writeUntilKilled(evoke, round, wanted, stop), hasBegun: () => someInParts(wanted), afterMs: 100 + ((round * 137) % 400) });
    await check(evoke, wanted);
  }
  await evoke.kill("SIGTERM");
});
