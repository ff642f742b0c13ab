// The command line that starts a managed runtime, as AWS's own bootstrap puts it together.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
import type { Interpreter } from "./interpreters.ts";

/** AWS's bootstraps have these very sentences and exit codes. */
const WRAPPER = `if [ ! -f "$1" ]; then echo "$1: does not exist"; exit 127; fi
if [ ! -x "$1" ]; then echo "$1: is not an executable"; exit 126; fi
exec "$@"`;

export const wrapperOf = (user: Record<string, string>): string | undefined => user["AWS_LAMBDA_EXEC_WRAPPER"] || undefined;

/** A disabled feature is enabled again by its flag in NODE_OPTIONS: https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html */
export function runtimeCommand(interpreter: Interpreter, user: Record<string, string>): string[] {
  const options = (user["NODE_OPTIONS"] ?? "").split(/\s+/);
  const argv = interpreter.argv.filter((word) => !(word.startsWith("--no-") && options.includes(`--${word.slice("--no-".length)}`)));
  const command = [...argv, `/var/runtime/${interpreter.bootstrap}`];
  const wrapper = wrapperOf(user);
  return wrapper === undefined ? command : ["/bin/sh", "-c", WRAPPER, "bootstrap", wrapper, ...command];
}
