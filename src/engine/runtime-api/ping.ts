// GET /2018-06-01/ping: as AWS's own runtime supervisor answers it.
import type { Exchange, Route } from "./session.ts";

export const ping = (exchange: Exchange): Route => ({ end: () => exchange.respond(200, "pong", "text/plain") });
