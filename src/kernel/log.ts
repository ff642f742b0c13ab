// What the platform tells its operator. Rooms and engine get one of these; only main.ts decides where lines go.

export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** `write` gets one finished line per message, without the line end. */
export function lineLog(level: LogLevel, nowMs: () => number, write: (line: string) => void): Log {
  const at = (name: Exclude<LogLevel, "silent">) => (message: string, fields: Record<string, unknown> = {}) => {
    if (LOG_LEVELS.indexOf(name) < LOG_LEVELS.indexOf(level)) return;
    const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${describe(value)}`).join("");
    write(`${new Date(nowMs()).toISOString()} ${name.padEnd(5)} ${message}${rest}`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function describe(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.cause ? `${value.stack} (cause: ${describe(value.cause)})` : value.stack);
  return typeof value === "string" && /^[\w./:@-]+$/.test(value) ? value : (JSON.stringify(value) ?? String(value));
}
