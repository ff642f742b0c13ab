// POST /2020-01-01/extension/init/error and …/exit/error: an extension says why it gives up; the environment goes with it.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-extensions-init-error
import { type Exchange, type Route, accept, refuse } from "../session.ts";
import type { Extension, Extensions } from "./extensions.ts";
import { identified, invalidState } from "./identify.ts";

const HEADER = "Lambda-Extension-Function-Error-Type";
/** Which states may report which; saying the same again does nothing. */
const FROM: Record<"InitError" | "ExitError", Extension["state"][]> = { InitError: ["Registered", "InitError"], ExitError: ["Registered", "Ready", "Running", "ExitError"] };

export const reportError = (extensions: Extensions, exchange: Exchange, to: "InitError" | "ExitError"): Route => identified(extensions, exchange, (extension) => ({
  end() {
    const errorType = exchange.head.headers[HEADER.toLowerCase()] ?? "";
    if (errorType === "") return refuse(exchange, 403, "Extension.MissingHeader", `${HEADER} not found`);
    if (!FROM[to].includes(extension.state)) return invalidState(exchange, extension, to === "ExitError" ? "Exited" : to);
    accept(exchange);
    if (extension.state !== to) extensions.reports(extension, to, errorType.slice(0, 256));
  },
}));
