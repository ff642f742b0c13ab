// Every setting, once: its flag, environment variable and config-file key follow from its name; docs/reference/settings.md is generated from here.
import { availableParallelism, totalmem } from "node:os";
import { LOG_LEVELS, type LogLevel } from "./kernel/log.ts";

interface Setting<T> {
  default: T;
  /** One sentence for people. */
  says: string;
  /** What the flag takes, as shown in --help; absent for a switch. */
  takes?: string;
  /** Its value is never printed. */
  secret?: true;
  /** Turns text into the value; throws a sentence when it cannot. */
  parse(text: string): T;
}

const text = (fallback: string, takes: string, says: string): Setting<string> => ({ default: fallback, says, takes, parse: (value) => value });
const flag = (says: string): Setting<boolean> => ({
  default: false, says,
  parse: (value) => {
    if (["true", "1", "yes", "on", ""].includes(value)) return true;
    if (["false", "0", "no", "off"].includes(value)) return false;
    throw new Error("must be true or false");
  },
});
const integer = (fallback: number, min: number, max: number, takes: string, says: string): Setting<number> => ({
  default: fallback, says, takes,
  parse: (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    if (!(number >= min && number <= max)) throw new Error(`must be a whole number from ${min} to ${max}`);
    return number;
  },
});
const oneOf = <T extends string>(fallback: T, values: readonly T[], says: string): Setting<T> => ({
  default: fallback, says, takes: values.join("|"),
  parse: (value) => {
    if (!(values as readonly string[]).includes(value)) throw new Error(`must be one of ${values.join(", ")}`);
    return value as T;
  },
});

/** About one environment per 128 MB of the machine, never fewer than four per core. */
const environmentsDefault = Math.min(1000, Math.max(4 * availableParallelism(), Math.floor(totalmem() / (128 * 1024 * 1024))));

export const SETTINGS = {
  port: integer(4566, 0, 65_535, "PORT", "The port every service answers on; 0 takes a free one."),
  host: text("127.0.0.1", "ADDRESS", "The address to listen on. Anything but loopback demands --credentials, and verifies every signature."),
  data: text("evoke-data", "DIR", "The folder that holds all state."),
  ephemeral: flag("Keep state in memory and forget it at exit."),
  log: oneOf<LogLevel>("info", LOG_LEVELS, "The least serious message to print."),
  region: text("us-east-1", "REGION", "The region of requests that carry none, and of the command line."),
  credentials: text("", "KEY:SECRET,…", "Access keys to accept, each KEY_ID:SECRET. When given, every signature is verified."),
  iam: oneOf("auto", ["auto", "enforce", "audit", "off"] as const, "What IAM policies do: refuse (enforce), only say what AWS would refuse and how to allow it (audit), nothing (off). auto: audit on loopback, enforce anywhere else."),
  database: {
    ...text("", "URL", "postgres://… to keep state in PostgreSQL instead of the data folder."),
    secret: true,
    parse: (value: string): string => {
      if (value !== "" && !/^postgres(ql)?:\/\//.test(value)) throw new Error("must be a postgres:// address");
      return value;
    },
  },
  isolation: oneOf("auto", ["auto", "bubblewrap", "uid", "none"] as const, "How functions are kept apart: the best this machine allows, or exactly this."),
  network: oneOf("shared", ["shared", "none"] as const, "What functions reach: the machine's network, or nothing but their Runtime API."),
  environmentsMax: integer(environmentsDefault, 1, 10_000, "N", "How many execution environments may exist at once; more invokes wait, then are throttled."),
  idleSeconds: integer(300, 1, 86_400, "SECONDS", "How long an unused execution environment is kept."),
  prewarm: integer(1, 0, 16, "N", "How many idle processes to keep ready per recently used managed runtime."),
  images: text("", "DIR", "A folder of OCI image layouts, for functions of package type Image: REGISTRY/NAME:TAG is DIR/NAME, or DIR/NAME.tar."),
  inspect: {
    ...text("", "FUNCTION[=PORT],…", "Functions (Node.js, Python) a debugger can attach to, on loopback; port 9229 by default. Each then has one execution environment, and its timeout stands still while the debugger has stopped it."),
    parse: (value: string): string => {
      for (const one of value.split(",").filter(Boolean)) if (!/^[\w-]{1,64}(=\d{1,5})?$/.test(one)) throw new Error("must be FUNCTION or FUNCTION=PORT, several separated by commas");
      return value;
    },
  },
  inspectWait: flag("Functions under --inspect wait, when their environment starts, until a debugger has attached: breakpoints in what runs at init are met."),
  allowedOrigins: text("", "ORIGIN,…", "Web origins whose pages may call Evoke; none by default."),
  allowedHosts: text("", "NAME,…", "Further host names Evoke answers to; by default loopback names, and the AWS-style names under localhost and amazonaws.com."),
} satisfies Record<string, Setting<any>>;

export type Config = { [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K]["default"] };
export type SettingName = keyof typeof SETTINGS;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
/** environmentsMax → environments-max */
export const flagOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
/** environmentsMax → EVOKE_ENVIRONMENTS_MAX */
export const variableOf = (name: string): string => `EVOKE_${flagOf(name).replaceAll("-", "_").toUpperCase()}`;

export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export interface ConfigSources {
  /** Parsed flags, by setting name. */
  flags: Partial<Record<SettingName, string>>;
  environment: Record<string, string | undefined>;
  /** The parsed evoke.config.json, or undefined. */
  file: unknown;
}

/** Flags win over variables, variables over the file. Throws ConfigError with a sentence that names the culprit. */
export function readConfig({ flags, environment, file }: ConfigSources): Config {
  if (file !== undefined && (typeof file !== "object" || file === null || Array.isArray(file))) throw new ConfigError("evoke.config.json must hold one JSON object");
  const fromFile = (file ?? {}) as Record<string, unknown>;
  for (const key of Object.keys(fromFile)) if (!Object.hasOwn(SETTINGS, key)) throw new ConfigError(`evoke.config.json: there is no setting "${key}"`);
  const entries = SETTING_NAMES.map((name) => {
    const setting: Setting<unknown> = SETTINGS[name];
    const given: [string | undefined, string][] = [
      [flags[name], `--${flagOf(name)}`],
      [environment[variableOf(name)], variableOf(name)],
      [fromFile[name] === undefined ? undefined : fileText(name, fromFile[name]), `evoke.config.json: ${name}`],
    ];
    const [value, origin] = given.find(([candidate]) => candidate !== undefined) ?? [];
    if (value === undefined) return [name, setting.default];
    try {
      return [name, setting.parse(value)];
    } catch (error) {
      throw new ConfigError(`${origin}: ${setting.secret ? "" : `"${value}" `}${(error as Error).message}`);
    }
  });
  const config = Object.fromEntries(entries) as Config;
  if (config.ephemeral && config.database) throw new ConfigError("--ephemeral forgets everything at exit and --database keeps it: give one of them");
  return config;
}

/** A list stands for its parts separated by commas, as in a flag. */
function fileText(name: string, value: unknown): string {
  const plain = (one: unknown) => ["string", "number", "boolean"].includes(typeof one);
  if (Array.isArray(value) ? value.every(plain) : plain(value)) return String(value);
  throw new ConfigError(`evoke.config.json: ${name} must be a text, a number, true or false, or a list of those`);
}
