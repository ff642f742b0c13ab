// PUT /2022-07-01/telemetry and PUT /2020-08-15/logs: an extension subscribes, while the environment initialises.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html, …/runtimes-logs-api.html
import { identified } from "../extensions/identify.ts";
import type { Extensions } from "../extensions/extensions.ts";
import { type Exchange, type Route, refuse } from "../session.ts";
import { type SubscriptionApi, readSubscription } from "./subscription.ts";

const NAMES: Record<SubscriptionApi, string> = { telemetry: "Telemetry", logs: "Logs" };

export const subscribe = (extensions: Extensions, exchange: Exchange, api: SubscriptionApi): Route => identified(extensions, exchange, ({ name }) => ({
  end(body) {
    const { telemetry } = extensions;
    if (telemetry.isClosed()) return refuse(exchange, 403, `${NAMES[api]}.SubscriptionClosed`, `${NAMES[api]} API subscription is closed`);
    const subscription = readSubscription(body, api, extensions.version.managed !== undefined);
    if ("faults" in subscription) return refuse(exchange, 400, "ValidationError", subscription.faults);
    const earlier = telemetry.apiOf(name);
    if (earlier === api) return exchange.respond(200, '"OK"');
    // The guide: "If your extension subscribes to the Telemetry API, it cannot use the Logs API", in no words of an answer that are known.
    if (earlier) return refuse(exchange, 400, "ValidationError", `The extension is subscribed to the ${NAMES[earlier]} API already`);
    telemetry.subscribe(name, api, subscription);
    exchange.respond(200, '"OK"');
  },
}));
