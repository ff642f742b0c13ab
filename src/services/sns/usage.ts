// How many topics an account has in a region, counted as they come and go: there may be too many to count them each time.
// https://docs.aws.amazon.com/general/latest/gr/sns.html#limits_sns
import type { Tx } from "../../storage/stores.ts";
import { tooManyTopics } from "./errors.ts";
import { type Topic, TOPICS } from "./topic.ts";

/** AWS raises them on request. */
const TOPICS_MAX = { standard: 100_000, fifo: 1_000 };
const PAGE = 1000;

type Usage = Record<keyof typeof TOPICS_MAX, number>;

/** Told when the topic is there, or is there no more. Throws TopicLimitExceededException. */
export async function countTopics(tx: Tx, { account, region, fifo }: Pick<Topic, "account" | "region" | "fifo">, change: 1 | -1): Promise<void> {
  const usages = tx.documents<Usage>("sns/usage");
  const id = `${account}/${region}`;
  const kind = fifo ? "fifo" : "standard";
  const add = (usage: Usage): Usage => ({ ...usage, [kind]: usage[kind] + change });
  let now = await usages.update(id, add);
  if (!now) {
    const first = await counted(tx, `${id}/`);
    now = (await usages.create(id, first)) ? first : (await usages.update(id, add))!; // somebody else was first
  }
  if (change > 0 && now[kind] > TOPICS_MAX[kind]) throw tooManyTopics();
}

/** Where topics were made before they were counted. */
async function counted(tx: Tx, prefix: string): Promise<Usage> {
  const usage: Usage = { standard: 0, fifo: 0 };
  for (let after: string | undefined; ;) {
    const page = await tx.documents<Topic>(TOPICS).list({ prefix, limit: PAGE, ...(after !== undefined && { after }) });
    for (const [, { fifo }] of page) usage[fifo ? "fifo" : "standard"]++;
    if (page.length < PAGE) return usage;
    after = page.at(-1)![0];
  }
}
