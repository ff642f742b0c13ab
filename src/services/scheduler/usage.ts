// How many schedules an account has in a region, counted as they come and go: there may be too many to count them each time.
import type { Tx } from "../../storage/stores.ts";
import { tooManySchedules } from "./errors.ts";

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html: a million, which AWS raises on request. */
const SCHEDULES_MAX = 1_000_000;

interface Usage { schedules: number }

/** Throws ServiceQuotaExceededException. */
export async function countSchedules(tx: Tx, { account, region }: { account: string; region: string }, change: 1 | -1): Promise<void> {
  const usages = tx.documents<Usage>("scheduler/usage");
  const id = `${account}/${region}`;
  const add = ({ schedules }: Usage): Usage => {
    if (schedules + change > SCHEDULES_MAX) throw tooManySchedules(SCHEDULES_MAX);
    return { schedules: schedules + change };
  };
  // The second update is for losing the race to create.
  if (!(await usages.update(id, add)) && !(await usages.create(id, add({ schedules: 0 })))) await usages.update(id, add);
}
