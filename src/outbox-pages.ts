// GET /_evoke/outbox: what SNS would have sent to people and phones, the newest first (?limit=…) or one (?number=…). POST /_evoke/outbox/stop?number=…: that phone wants no more.
import type { Stores } from "./storage/stores.ts";
import type { WireRequest, WireResponse } from "./wire/http.ts";

const json = (status: number, value: unknown): WireResponse => ({ status, headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff" }, body: `${JSON.stringify(value, undefined, 2)}\n` });

export function outboxPages({ stores, region }: { stores: Stores; region: string }): Record<string, (request: WireRequest, account: string) => Promise<WireResponse>> {
  return {
    async "/_evoke/outbox"(request, account) {
      if (request.method !== "GET") return json(405, { error: "GET only" });
      const query = new URLSearchParams(request.query);
      const [limit, number] = [Number(query.get("limit") ?? 100), Number(query.get("number") ?? 1)];
      if (![limit, number].every((given) => Number.isSafeInteger(given) && given >= 1)) return json(400, { error: "limit and number are numbers from 1 on" });
      const { readOutbox, readOutboxEntry } = await import("./services/sns/outbox.ts");
      if (query.has("number")) return json(200, { account, messages: [await readOutboxEntry(stores.logs, account, number)].filter((found) => found !== undefined) });
      return json(200, { account, messages: await readOutbox(stores.logs, account, limit) });
    },

    async "/_evoke/outbox/stop"(request, account) {
      if (request.method !== "POST") return json(405, { error: "POST only" });
      const query = new URLSearchParams(request.query);
      const number = query.get("number") ?? "";
      if (!/^\+[1-9]\d{1,14}$/.test(number)) return json(400, { error: "number is a phone number such as +4915112345678" });
      await (await import("./services/sns/phone-numbers.ts")).optOut(stores, account, query.get("region") ?? region, number);
      return json(200, { account, number, optedOut: true });
    },
  };
}
