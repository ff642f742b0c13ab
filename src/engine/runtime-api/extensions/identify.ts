// Which extension speaks, by the identifier it was given when it registered.
import { type Exchange, type Route, refusal, refuse } from "../session.ts";
import type { Extension, Extensions } from "./extensions.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The texts of aws-lambda-runtime-interface-emulator, internal/lambda/rapi/middleware and handler. */
export function identified(extensions: Extensions, exchange: Exchange, route: (extension: Extension) => Route): Route {
  const id = exchange.head.headers["lambda-extension-identifier"] ?? "";
  if (id === "") return refusal(() => refuse(exchange, 403, "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"));
  if (!UUID.test(id)) return refusal(() => refuse(exchange, 403, "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"));
  const extension = extensions.withId(id.toLowerCase());
  if (!extension) return refusal(() => refuse(exchange, 403, "Extension.UnknownExtensionIdentifier", `Unknown extension ${id.toLowerCase()}`));
  return route(extension);
}

export const invalidState = (exchange: Exchange, { state, id }: Extension, wanted: string, named = id): void =>
  refuse(exchange, 403, "Extension.InvalidExtensionState", `State transition from ${state} to ${wanted} failed for extension ${named}. Error: State transition is not allowed`);
