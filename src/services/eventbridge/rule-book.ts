// A bus's rules and archives, compiled, and kept until one of them changes. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
import { compile, type Pattern } from "../../patterns/pattern.ts";
import type { Stores } from "../../storage/stores.ts";
import { type Archive, archivesOf } from "./archive.ts";
import { busId, type BusKey } from "./bus.ts";
import { isEnabled, REVISIONS, type Rule, RULES } from "./rule.ts";
import { type RuleIndex, ruleIndex } from "./rule-index.ts";

/** Where an event goes: to the targets of a rule, or into an archive. */
export type Taker = { rule: Rule } | { archive: Archive };

export interface RuleBook {
  /** Undefined: nothing on this bus takes any event. */
  of(bus: BusKey): Promise<RuleIndex<Taker> | undefined>;
}

/** So many buses are kept; then the one longest unused is read anew. */
const KEPT_MAX = 500;
const PAGE = 1000;

export function openRuleBook(stores: Stores): RuleBook {
  const kept = new Map<string, { revision: string; patterns: Map<string, Pattern>; index: Promise<RuleIndex<Taker>> }>();
  const revisions = stores.documents<{ revision: string }>(REVISIONS);
  return {
    async of(bus) {
      const id = busId(bus);
      const revision = (await revisions.get(id))?.revision;
      if (revision === undefined) return undefined;
      let entry = kept.get(id);
      kept.delete(id);
      if (entry?.revision !== revision) {
        const patterns = new Map<string, Pattern>();
        entry = { revision, patterns, index: readIndex(stores, bus, compiling(patterns, entry?.patterns)) };
      }
      kept.set(id, entry);
      if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value!);
      try {
        return await entry.index;
      } catch (error) {
        kept.delete(id);
        throw error;
      }
    },
  };
}

/** What was compiled for the rules of before is not compiled again: one rule that changes among a thousand costs little. */
const compiling = (patterns: Map<string, Pattern>, before: Map<string, Pattern> | undefined) => (text: string): Pattern => {
  const pattern = patterns.get(text) ?? before?.get(text) ?? compile(text, "eventbridge");
  patterns.set(text, pattern);
  return pattern;
};

async function readIndex(stores: Stores, bus: BusKey, patternOf: (text: string) => Pattern): Promise<RuleIndex<Taker>> {
  const takers: { value: Taker; pattern: Pattern }[] = [];
  const prefix = `${busId(bus)}/`;
  for (let after: string | undefined; ;) {
    const page = await stores.documents<Rule>(RULES).list({ prefix, limit: PAGE, ...(after !== undefined && { after }) });
    for (const [, rule] of page) if (rule.pattern !== undefined && isEnabled(rule)) takers.push({ value: { rule }, pattern: patternOf(rule.pattern) });
    if (page.length < PAGE) break;
    after = page.at(-1)![0];
  }
  for (const archive of await archivesOf(stores, bus)) takers.push({ value: { archive }, pattern: archive.pattern === undefined ? EVERYTHING : patternOf(archive.pattern) });
  return ruleIndex(takers);
}

const EVERYTHING: Pattern = { matches: () => true, alternatives: [() => true], required: new Map() };
