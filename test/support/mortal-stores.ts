// The stores as a process sees them that may be killed: from then on nothing it asks is done, nor answered.
import type { Stores } from "../../src/storage/stores.ts";

export function mortalStores(stores: Stores): { stores: Stores; die(): void } {
  let isDead = false;
  const dying = <T extends object>(part: T): T => new Proxy(part, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return typeof value === "object" && value !== null ? dying(value) : value;
      return (...given: unknown[]) => {
        if (isDead) return new Promise(() => undefined);
        const answer = (value as (...args: unknown[]) => unknown).apply(target, given);
        return name === "documents" ? dying(answer as object) : answer;
      };
    },
  });
  return { stores: dying(stores), die() { isDead = true; } };
}
