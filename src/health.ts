// GET /_evoke/health: is it up, what does it serve, how are functions kept apart. Read by `evoke status` and by CI scripts.
import { readFileSync } from "node:fs";
import type { Delivery } from "./delivery/delivery.ts";
import type { Engine } from "./engine/engine.ts";
import type { Sandbox } from "./engine/sandbox/sandbox.ts";
import type { Clock } from "./kernel/clock.ts";
import type { WireRequest, WireResponse } from "./wire/http.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

export interface Health {
  status: "ok";
  version: string;
  services: string[];
  isolation: { level: number; description: string; missing: string[] };
  engine: ReturnType<Engine["stats"]>;
  asynchronous: ReturnType<Delivery["stats"]>;
  uptimeSeconds: number;
}

export function healthPage(about: { services: string[]; sandbox: Sandbox; engine: Engine; delivery: Delivery; startedMs: number; clock: Clock }) {
  return async (_request: WireRequest): Promise<WireResponse> => {
    const health: Health = {
      status: "ok",
      version,
      services: about.services,
      isolation: { level: about.sandbox.level, description: about.sandbox.description, missing: about.sandbox.missing },
      engine: about.engine.stats(),
      asynchronous: about.delivery.stats(),
      uptimeSeconds: Math.floor((about.clock.monotonicMs() - about.startedMs) / 1000),
    };
    return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(health) };
  };
}
