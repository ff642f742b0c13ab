// The command line that starts a managed runtime, as AWS's own bootstrap puts it together.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
import type { FunctionVersion } from "../ports/functions.ts";
import type { Interpreter } from "./interpreters.ts";
import { dotnetCommand } from "./interpreters/dotnet.ts";
import { heapFlag } from "./interpreters/java.ts";

/** AWS's bootstraps have these very sentences and exit codes. */
const WRAPPER = `if [ ! -f "$1" ]; then echo "$1: does not exist"; exit 127; fi
if [ ! -x "$1" ]; then echo "$1: is not an executable"; exit 126; fi
exec "$@"`;

export const wrapperOf = (user: Record<string, string>): string | undefined => user["AWS_LAMBDA_EXEC_WRAPPER"] || undefined;

const HEAP_SIZE = /--max[-_](semi|old)[-_]space[-_]size/;

/** As AWS's Node.js bootstrap divides the memory: V8 then collects garbage in time, where with its own defaults it meets the function's limit first. */
function heapFlags(memoryMb: number, nodeOptions: string): string[] {
  if (HEAP_SIZE.test(nodeOptions)) return [];
  const newSpaceMb = Math.trunc(memoryMb / 10);
  return [`--max-semi-space-size=${Math.trunc(newSpaceMb / 2)}`, `--max-old-space-size=${memoryMb - newSpaceMb}`];
}

type Settings = Pick<FunctionVersion, "runtime" | "handler" | "memoryMb" | "environment">;

/** A disabled feature is enabled again by its flag in NODE_OPTIONS: https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html */
function nodeCommand(argv: string[], { memoryMb, environment: user }: Settings): string[] {
  const nodeOptions = user["NODE_OPTIONS"] ?? "";
  const options = nodeOptions.split(/\s+/);
  return [...argv.filter((word) => !(word.startsWith("--no-") && options.includes(`--${word.slice("--no-".length)}`))), ...heapFlags(memoryMb, nodeOptions)];
}

export function runtimeCommand({ argv, bootstrap }: Interpreter, version: Settings): string[] {
  const { runtime, handler, memoryMb, environment: user } = version;
  const start = runtime.startsWith("nodejs") ? nodeCommand(argv, version) : argv;
  const own = bootstrap === undefined ? undefined : [...start, `/var/runtime/${bootstrap}`];
  const command = own ?? (runtime.startsWith("java") ? [argv[0]!, heapFlag(memoryMb), ...argv.slice(1), handler] : dotnetCommand(argv, handler, user["LAMBDA_DOTNET_MAIN_ASSEMBLY"]));
  const wrapper = wrapperOf(user);
  return wrapper === undefined ? command : ["/bin/sh", "-c", WRAPPER, "bootstrap", wrapper, ...command];
}
