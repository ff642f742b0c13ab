// Run by crash.test.ts and killed by it: writes through every store at once, one line per acknowledged write.
import { writeSync } from "node:fs";
import { openStores } from "../open.ts";
import { clock, log } from "./databases.ts";

const [data, round] = process.argv.slice(2) as [string, string];
const stores = await openStores({ data, clock, log });
const done = (line: string) => writeSync(1, `${line}\n`); // in the pipe before the next step, whatever happens to this process

async function* body(size: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; left -= 30_000) yield new Uint8Array(Math.min(left, 30_000)).fill(size & 255);
}

const WRITES: ((id: string, n: number) => Promise<void>)[] = [
  async (id) => {
    await stores.documents("document").put(id, { id });
    done(`document ${id}`);
  },
  async (id) => {
    await stores.transaction(async (tx) => {
      await tx.documents("pair").put(id, { id });
      await tx.queues.send("pair", { id, body: id, dueMs: 0, group: id.slice(-1) });
      await tx.logs.append("pair", [{ atMs: 0, body: id }]);
    });
    done(`pair ${id}`);
  },
  async (id) => {
    const first = await stores.logs.append("batch", [1, 2, 3].map((n) => ({ atMs: n, body: id })));
    done(`batch ${id} ${first}`);
  },
  async (id, n) => {
    const size = n % 2 ? 200 : 100_000 + (n % 100);
    await stores.blobs.put(id, n % 4 ? body(size) : new Uint8Array(size).fill(size & 255));
    done(`blob ${id} ${size}`);
  },
  async (id, n) => { // again and again the same key
    await stores.blobs.put("same", body(150_000 + n));
  },
  async (id) => {
    await stores.queues.send("work", { id, body: id, dueMs: 0 });
    done(`sent ${id}`);
    for (const item of await stores.queues.receive("work", { nowMs: 1, limit: 1, hiddenUntilMs: 2 ** 50, receipt: id })) {
      done(`finishing ${item.id}`);
      if (await stores.queues.finish("work", item.id, id)) done(`finished ${item.id}`);
    }
  },
];

done("open");
for (const [kind, write] of WRITES.entries()) {
  for (let worker = 0; worker < 3; worker++) {
    void (async () => { for (let n = 0; ; n++) await write(`${round}.${kind}.${worker}.${n}`, n); })();
  }
}
