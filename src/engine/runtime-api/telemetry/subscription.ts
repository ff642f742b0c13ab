// What a subscriber asks for, checked: types, buffering, destination; of the Telemetry API and of the older Logs API.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html, …/telemetry-api-reference.html, …/runtimes-logs-api.html

export type SubscriptionApi = "telemetry" | "logs";

export const TYPES = ["platform", "function", "extension"] as const;
export type TelemetryType = (typeof TYPES)[number];

export interface Subscription {
  schemaVersion: string;
  types: TelemetryType[];
  buffering: { maxItems: number; maxBytes: number; timeoutMs: number };
  destination: { protocol: "HTTP"; method: "POST" | "PUT"; port: number; path: string } | { protocol: "TCP"; port: number };
}

/** 2022-12-13 adds JSON objects for lines that are JSON; 2025-01-29 is the only one on managed instances (AWS's emulator) and the same in shape. */
const MANAGED_SCHEMA = "2025-01-29";
const SCHEMAS: Record<SubscriptionApi, readonly string[]> = { telemetry: ["2022-07-01", "2022-12-13", "2025-01-29"], logs: ["2020-08-15", "2021-03-18"] };
/** The first of each is the schema a request without one means. */
const LIMITS = { maxItems: [1000, 10_000, 10_000], maxBytes: [262_144, 1_048_576, 262_144], timeoutMs: [25, 30_000, 1000] } as const;
/** The Runtime API's own on AWS; refused there, and so here. */
const RESERVED_PORT = 9001;
const HOSTS = ["sandbox", "sandbox.localdomain"];

/** Every fault at once, separated by "; ", as AWS words the two that its guide shows: "URI port is not provided; types should not be empty". */
export function readSubscription(body: Buffer, api: SubscriptionApi, managed = false): Subscription | { faults: string } {
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(body.toString()) as Record<string, unknown>;
    if (typeof given !== "object" || given === null || Array.isArray(given)) return { faults: "the body should be a JSON object" };
  } catch (error) {
    return { faults: `failed to parse JSON: ${(error as Error).message}` };
  }
  const faults: string[] = [];
  const schemas = managed ? [MANAGED_SCHEMA] : SCHEMAS[api];
  const schemaVersion = given.schemaVersion ?? (managed ? undefined : schemas[0]);
  if (!schemas.includes(schemaVersion as string)) faults.push(`schemaVersion should be one of ${schemas.join(", ")}`);
  const destination = readDestination(given.destination, faults);
  const types = readTypes(given.types, faults);
  const buffering = readBuffering(given.buffering, faults);
  return faults.length || !destination ? { faults: faults.join("; ") } : { schemaVersion: schemaVersion as string, types, buffering, destination };
}

function readTypes(given: unknown, faults: string[]): TelemetryType[] {
  if (!Array.isArray(given) || given.length === 0) faults.push("types should not be empty");
  else if (!given.every((type) => TYPES.includes(type as TelemetryType))) faults.push(`types should be ${TYPES.join(", ")}`);
  else return [...new Set(given as TelemetryType[])];
  return [];
}

function readBuffering(given: unknown, faults: string[]): Subscription["buffering"] {
  const wanted = (typeof given === "object" && given !== null ? given : {}) as Record<string, unknown>;
  const one = (name: keyof typeof LIMITS): number => {
    const [least, most, usual] = LIMITS[name];
    const value = wanted[name] ?? usual;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    faults.push(`buffering.${name} should be between ${least} and ${most}`);
    return usual;
  };
  return { maxItems: one("maxItems"), maxBytes: one("maxBytes"), timeoutMs: one("timeoutMs") };
}

function readDestination(given: unknown, faults: string[]): Subscription["destination"] | undefined {
  const wanted = (typeof given === "object" && given !== null ? given : {}) as Record<string, unknown>;
  if (wanted.protocol === "TCP") {
    const { port } = wanted;
    if (typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536 && port !== RESERVED_PORT) return { protocol: "TCP", port };
    faults.push(port === RESERVED_PORT ? `port ${RESERVED_PORT} is reserved` : "port is not provided");
    return undefined;
  }
  if (wanted.protocol !== "HTTP") {
    faults.push("destination protocol should be HTTP or TCP");
    return undefined;
  }
  const uri = typeof wanted.URI === "string" && URL.canParse(wanted.URI) ? new URL(wanted.URI) : undefined;
  const method = wanted.method ?? "POST";
  // URL drops a port that is the scheme's usual one: http://sandbox:80 names it all the same.
  const port = uri && (Number(uri.port) || (/^http:\/\/[^/]*:80(\/|$)/i.test(wanted.URI as string) ? 80 : 0));
  if (!uri || uri.protocol !== "http:" || !HOSTS.includes(uri.hostname)) faults.push("destination URI should be http://sandbox.localdomain:${port}/${path}".replaceAll("$", ""));
  else if (!port) faults.push("URI port is not provided");
  else if (port === RESERVED_PORT) faults.push(`port ${RESERVED_PORT} is reserved`);
  else if (method !== "POST" && method !== "PUT") faults.push("method should be POST or PUT");
  else return { protocol: "HTTP", method, port, path: `${uri.pathname}${uri.search}` };
  return undefined;
}
