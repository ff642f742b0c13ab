// Leases: one holder of a name until a time, or until it lets go.
import { checkKey, wholeMs } from "./keys.ts";
import type { Sql } from "./sql.ts";
import type { Leases } from "./stores.ts";

export function leasesStore(sql: Sql): Leases {
  return {
    async take(name, holder, nowMs, untilMs) {
      const rows = await sql.write`INSERT INTO leases (name, holder, until) VALUES (${checkKey(name)}, ${checkKey(holder)}, ${wholeMs(untilMs)})
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE leases.holder = excluded.holder OR leases.until <= ${wholeMs(nowMs)} RETURNING holder`;
      return rows.length === 1;
    },
    async release(name, holder) {
      await sql.write`DELETE FROM leases WHERE name = ${name} AND holder = ${holder}`;
    },
  };
}

/** Whoever held one is gone. */
export async function forgetLeases(sql: Sql): Promise<void> {
  await sql.write`DELETE FROM leases`;
}
