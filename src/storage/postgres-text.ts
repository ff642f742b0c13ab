// From the stores' statements to PostgreSQL's: numbered placeholders, row locks, and notices sent with the commit.
import { hash } from "node:crypto";
import type { Effects, Value } from "./sql.ts";

/** The one channel everybody listens to; the payload says which of ours. */
export const NOTICES = "evoke";

/** Payloads are limited to 8,000 bytes, names here are not. */
export const noticeOf = (channel: string): string => hash("sha1", channel);

export interface PostgresStatement {
  text: string;
  values: Value[];
}

export function openTranslator(): (text: readonly string[], values: Value[], effects?: Effects) => PostgresStatement {
  const plain = new Map<readonly string[], string>();
  const waking = new Map<readonly string[], string>();
  return (text, values, effects) => {
    const known = effects?.wake === undefined ? plain : waking;
    let source = known.get(text);
    if (source === undefined) {
      source = text.reduce((out, part, i) => `${out}${i ? `$${i}` : ""}${part}`, "")
        .replace("/*skip locked*/", "FOR UPDATE SKIP LOCKED").replace("/*for update*/", "FOR UPDATE");
      // In RETURNING the notice is part of the same statement: sent once per row, folded into one by the server, at commit.
      if (known === waking) source += `, pg_notify('${NOTICES}', $${text.length}) AS notice`;
      known.set(text, source);
    }
    return { text: source, values: effects?.wake === undefined ? values : [...values, noticeOf(effects.wake)] };
  };
}
