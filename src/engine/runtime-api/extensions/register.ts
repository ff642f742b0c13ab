// POST /2020-01-01/extension/register: an extension says its name and which events it wants.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-extensions-api-reg; texts of AWS's emulator (agentregister.go)
import { type Exchange, type Route, refuse } from "../session.ts";
import { EVENTS, EXTENSIONS_MAX, type Extension, type ExtensionEvent, type Extensions } from "./extensions.ts";
import { invalidState } from "./identify.ts";

/** A name comes back in the log and in telemetry. */
const NAME = /^[\x20-\x7e]{1,255}$/;

export function register(extensions: Extensions, exchange: Exchange): Route {
  return {
    end(body) {
      const name = exchange.head.headers["lambda-extension-name"] ?? "";
      if (!NAME.test(name)) return refuse(exchange, 403, "Extension.InvalidExtensionName", "Empty extension name");
      const wanted = wantedEvents(body);
      if ("reason" in wanted) return refuse(exchange, 403, "InvalidRequestFormat", wanted.reason);
      const known = extensions.named(name);
      if (known?.external) return registerExternal(extensions, exchange, known, wanted.events);
      registerInternal(extensions, exchange, name, wanted.events);
    },
  };
}

function wantedEvents(body: Buffer): { events: unknown[] } | { reason: string } {
  try {
    const given = JSON.parse(body.toString()) as { events?: unknown; configurationKeys?: unknown } | null;
    if (typeof given !== "object" || given === null) return { reason: "the body is not a JSON object" };
    if (Array.isArray(given.configurationKeys) && given.configurationKeys.length) return { reason: "configurationKeys are deprecated; use environment variables instead" };
    if (given.events !== undefined && given.events !== null && !Array.isArray(given.events)) return { reason: "events is not a list" };
    return { events: (given.events as unknown[] | undefined) ?? [] };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

function registerExternal(extensions: Extensions, exchange: Exchange, extension: Extension, events: unknown[]): void {
  const unknown = events.find((event) => !EVENTS.includes(event as ExtensionEvent) || (event === "INVOKE" && extensions.version.managed));
  if (unknown !== undefined) return refuse(exchange, 403, "Extension.InvalidEventType", `${String(unknown)}: ErrorInvalidEventType`);
  if (extension.state !== "Started") return invalidState(exchange, extension, "Registered", extension.name);
  accept(extensions, exchange, extension, events as ExtensionEvent[]);
}

function registerInternal(extensions: Extensions, exchange: Exchange, name: string, events: unknown[]): void {
  if (extensions.version.managed && events.length) return refuse(exchange, 403, "Extension.InvalidEventType", "No events allowed for internal extensions");
  const unwanted = events.find((event) => event !== "INVOKE");
  if (unwanted !== undefined) {
    const reason = unwanted === "SHUTDOWN" ? "ShutdownEventNotSupportedForInternalExtension" : "ErrorInvalidEventType";
    return refuse(exchange, 403, "Extension.InvalidEventType", `${String(unwanted)}: ${reason}`);
  }
  if (extensions.isClosed()) return refuse(exchange, 403, "Extension.RegistrationClosed", "Extension registration closed already");
  if (extensions.count() >= EXTENSIONS_MAX) return refuse(exchange, 403, "Extension.TooManyExtensions", `Extension limit (${EXTENSIONS_MAX}) reached`);
  if (extensions.named(name)) return refuse(exchange, 403, "Extension.InvalidExtensionState", "Extension with this name already registered");
  accept(extensions, exchange, extensions.add(name), events as ExtensionEvent[]);
}

function accept(extensions: Extensions, exchange: Exchange, extension: Extension, events: ExtensionEvent[]): void {
  extension.events = [...new Set(events)];
  extension.state = "Registered";
  const { account, name, version, handler } = extensions.version;
  const features = (exchange.head.headers["lambda-extension-accept-feature"] ?? "").split(",").map((feature) => feature.trim());
  const body = Buffer.from(JSON.stringify({ ...(features.includes("accountId") ? { accountId: account } : {}), functionName: name, functionVersion: version, handler }));
  exchange.respondBytes(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Extension-Identifier: ${extension.id}\r\n`, body);
  extensions.changed();
}
