// Property selectors of JSON patterns: $.user.id, $.users[0].email, $.list[*].id, $.*, $.['cluster.name']
import { BadPattern } from "./bad-pattern.ts";

export interface Selector {
  text: string;
  path: (string | number | typeof ANY)[];
  wildcards: number;
}

const ANY = Symbol("any");

export function parseSelector(text: string): Selector {
  const path = [...text.matchAll(/\.([A-Za-z0-9_-]+)|\.(\*)|\[(\d+)\]|\[(\*)\]|\.?\['([^']*)'\]|\.?\["([^"]*)"\]/g)]
    .map(([, name, anyField, index, anyElement, quoted, doubleQuoted]) => {
      if (anyField || anyElement) return ANY;
      return index !== undefined ? Number(index) : (name ?? quoted ?? doubleQuoted)!;
    });
  const wildcards = path.filter((step) => step === ANY).length;
  if (wildcards > 1) throw new BadPattern(); // "You can only use up to one wildcard selector in a property selector."
  return { text, path, wildcards };
}

/** Everything the selector points at; empty when it points at nothing. */
export function select(root: unknown, selector: Selector): unknown[] {
  let found: unknown[] = [root];
  for (const step of selector.path) {
    found = found.flatMap((value) => {
      if (typeof value !== "object" || value === null) return [];
      if (step === ANY) return Object.values(value);
      if (typeof step === "number") return Array.isArray(value) && step < value.length ? [value[step]] : [];
      return !Array.isArray(value) && Object.hasOwn(value, step) ? [(value as Record<string, unknown>)[step]] : [];
    });
  }
  return found;
}
