// The command line, read: which command, its own arguments, and the settings.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { type Config, ConfigError, flagOf, readConfig, SETTINGS, SETTING_NAMES, type SettingName } from "../config.ts";

export class UsageError extends Error {}

/** How a folder becomes a function. */
const FUNCTION_OPTIONS: ParseArgsOptionsConfig = { name: { type: "string" }, runtime: { type: "string" }, handler: { type: "string" }, timeout: { type: "string" }, memory: { type: "string" }, env: { type: "string", multiple: true }, role: { type: "string" } };

/** Options that are not settings, per command. */
export const COMMANDS: Record<string, { takes: string; says: string; options: ParseArgsOptionsConfig; examples: string[] }> = {
  start: { takes: "", says: "Start Evoke and answer on one port.", options: {}, examples: ["evoke start", "evoke start --port 4567 --ephemeral"] },
  status: { takes: "", says: "Is it running, and what does it hold?", options: {}, examples: ["evoke status", "evoke status --json"] },
  deploy: {
    takes: "DIR", says: "Zip a folder and create or update a function from it.",
    options: FUNCTION_OPTIONS,
    examples: ["evoke deploy examples/hello-node", "evoke deploy ./api --name api --runtime nodejs24.x --handler src/index.handler --env STAGE=dev"],
  },
  dev: {
    takes: "DIR", says: "Deploy a folder, and again at every save; starts Evoke where none runs, shows the log.",
    options: { ...FUNCTION_OPTIONS, inspect: { type: "string" }, "inspect-wait": { type: "boolean" } },
    examples: ["evoke dev examples/hello-node", "evoke dev ./api --name api --env STAGE=dev", "evoke dev ./api --inspect --inspect-wait"],
  },
  invoke: {
    takes: "NAME", says: "Invoke a function; the answer goes to standard output, its log to standard error.",
    options: { event: { type: "string" }, sample: { type: "string" }, set: { type: "string", multiple: true }, stream: { type: "boolean" }, quiet: { type: "boolean" } },
    examples: ["evoke invoke hello-node --event event.json", "echo '{\"name\":\"Ada\"}' | evoke invoke hello-node --event -", "evoke invoke talk --stream", "evoke invoke thumbnails --sample s3:ObjectCreated:Put --set Records[0].s3.object.key=cat.jpg"],
  },
  event: {
    takes: "[SOURCE[:TYPE]]", says: "Print a sample of the event a source sends; alone, list them.",
    options: { set: { type: "string", multiple: true } },
    examples: ["evoke event", "evoke event s3:ObjectCreated:Put --set Records[0].s3.bucket.name=photos", "evoke event sqs | evoke invoke worker --event -"],
  },
  emit: {
    takes: "SOURCE DETAIL-TYPE | -", says: "Put an event of an AWS service on the default event bus, as the service itself would.",
    options: { detail: { type: "string" }, resources: { type: "string" }, account: { type: "string" }, time: { type: "string" } },
    examples: ["evoke emit aws.ec2 'EC2 Instance State-change Notification' --detail '{\"instance-id\":\"i-1\",\"state\":\"running\"}'", "evoke emit aws.health 'AWS Health Event' --detail @event.json --json", "evoke event eventbridge:codepipeline-state-change | evoke emit -"],
  },
  logs: {
    takes: "NAME", says: "Show what a function has written.",
    options: { follow: { type: "boolean" }, since: { type: "string" }, filter: { type: "string" } },
    examples: ["evoke logs hello-node", "evoke logs hello-node --follow", "evoke logs hello-node --since 10m --filter ERROR"],
  },
  outbox: {
    takes: "[NUMBER | stop PHONE]", says: "Show the e-mail, SMS and push messages that SNS would have sent; stop: the phone wants no more.",
    options: { account: { type: "string" } },
    examples: ["evoke outbox", "evoke outbox 3", "evoke outbox --json", "evoke outbox stop +4915112345678"],
  },
  clock: {
    takes: "[show | set DATE | advance DURATION | freeze | unfreeze | speed N | reset]", says: "Show or drive the platform's time: what becomes due is started, in order.", options: {},
    examples: ["evoke clock", "evoke clock advance 6h", "evoke clock set 2027-01-01T09:00:00Z", "evoke clock speed 60", "evoke clock freeze", "evoke clock reset --json"],
  },
  runtimes: { takes: "[add RUNTIME]", says: "List language runtimes and AWS SDKs, or bring one.", options: {}, examples: ["evoke runtimes", "evoke runtimes add nodejs22.x", "evoke runtimes add aws-sdk"] },
  doctor: { takes: "", says: "What this machine allows, what is missing, and how to get it.", options: {}, examples: ["evoke doctor"] },
  help: { takes: "[COMMAND]", says: "Explain a command.", options: {}, examples: ["evoke help deploy"] },
};

export interface Command {
  name: string;
  positionals: string[];
  options: Record<string, string | boolean | string[] | undefined>;
  config: Config;
  json: boolean;
  /** The variables a command may look at (PATH, HOME, AWS_ENDPOINT_URL …). */
  environment: Record<string, string | undefined>;
  cwd: string;
}

/** Throws UsageError for what was typed and ConfigError for what was set. */
export function parseArguments(argv: string[], environment: Record<string, string | undefined>, cwd: string): Command {
  const first = argv[0] !== undefined && !argv[0].startsWith("-") ? argv[0] : undefined;
  const wantsHelp = argv.includes("--help") || argv.includes("-h");
  const name = first ?? (wantsHelp ? "help" : "start");
  const known = COMMANDS[name];
  if (!known) throw new UsageError(`there is no command "${name}"; there are ${Object.keys(COMMANDS).join(", ")}`);
  if (wantsHelp) return { name: "help", positionals: first && first !== "help" ? [first] : argv.slice(1).filter((word) => !word.startsWith("-")), options: {}, config: readConfig({ flags: {}, environment: {}, file: undefined }), json: false, environment, cwd };
  const settings = Object.fromEntries(SETTING_NAMES.map((setting) => [flagOf(setting), { type: "takes" in SETTINGS[setting] && SETTINGS[setting].takes ? "string" : "boolean" } as const]));
  try {
    const { values, positionals }: { values: Command["options"]; positionals: string[] } = parseArgs({ args: withPort(name, first ? argv.slice(1) : argv), options: { ...settings, ...known.options, json: { type: "boolean" } }, allowPositionals: true });
    if (known.takes === "" && positionals.length > 0) throw new Error(`"${positionals[0]}" means nothing to ${name}`);
    const flags = Object.fromEntries(SETTING_NAMES.filter((setting) => values[flagOf(setting)] !== undefined).map((setting) => [setting, String(values[flagOf(setting)])])) as Partial<Record<SettingName, string>>;
    return { name, positionals, options: values, config: readConfig({ flags, environment, file: readFile(cwd) }), json: values["json"] === true, environment, cwd };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new UsageError(`${(error as Error).message.replace(/\. To specify a positional.*$/s, "")} (see: evoke help ${name})`);
  }
}

const INSPECT_PORT = "9229";

/** `evoke dev DIR --inspect` needs no port: that is Node's own default. */
const withPort = (name: string, args: string[]): string[] => (name === "dev" ? args.map((word, at) => (word === "--inspect" && !/^\d+$/.test(args[at + 1] ?? "") ? `--inspect=${INSPECT_PORT}` : word)) : args);

function readFile(cwd: string): unknown {
  let text: string;
  try {
    text = readFileSync(join(cwd, "evoke.config.json"), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new ConfigError(`evoke.config.json cannot be read: ${(error as Error).message}`);
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")); // Windows editors put a byte order mark in front
  } catch (error) {
    throw new ConfigError(`evoke.config.json is not JSON: ${(error as Error).message}`);
  }
}
