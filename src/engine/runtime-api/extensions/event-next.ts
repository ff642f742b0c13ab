// GET /2020-01-01/extension/event/next: an extension is done with the last event and waits for the next, as long as it takes.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-extensions-api-next
import type { Exchange, Route } from "../session.ts";
import type { Extensions } from "./extensions.ts";
import { identified, invalidState } from "./identify.ts";

export const eventNext = (extensions: Extensions, exchange: Exchange): Route => identified(extensions, exchange, (extension) => ({
  end() {
    const again = extension.state === "Ready" && extension.waiting?.socket.destroyed; // its client gave up and asks anew
    if (extension.state !== "Registered" && extension.state !== "Running" && !again) return invalidState(exchange, extension, "Ready");
    extensions.asks(extension, exchange);
  },
}));
