// Which runtimes a function may have. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
import { notSupported, runtimeDeprecated, runtimeUnknown } from "./errors.ts";
import { runtimesUnknown } from "./layer-errors.ts";

const RUNNABLE = [
  "nodejs20.x", "nodejs22.x", "nodejs24.x", "nodejs26.x",
  "python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14",
  "java8.al2", "java8.al2023", "java11", "java11.al2023", "java17", "java17.al2023", "java21", "java25",
  "ruby3.2", "ruby3.3", "ruby3.4", "ruby4.0", "dotnet8", "dotnet10",
  "provided.al2", "provided.al2023",
];

/** AWS runs these; Evoke has no interpreter for them. */
const UNSUPPORTED = ["nodejs18.x", "python3.8", "python3.15", "dotnet6"];

/** AWS refuses these itself, to create and to update. */
const DEPRECATED = [
  "nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x",
  "python2.7", "python3.6", "python3.7", "java8", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1",
  "go1.x", "ruby2.5", "ruby2.7", "provided",
];

export function checkRuntime(runtime: string): string {
  if (RUNNABLE.includes(runtime)) return runtime;
  if (DEPRECATED.includes(runtime)) throw runtimeDeprecated(runtime);
  if (UNSUPPORTED.includes(runtime)) throw notSupported(`the runtime ${runtime}`);
  throw runtimeUnknown(runtime, [...RUNNABLE, ...UNSUPPORTED]);
}

/** What a layer says that it is compatible with: old runtimes, too (observed). `member` is how the parameter is named in the error. */
export function checkCompatibleRuntimes(member: string, given: string | string[]): void {
  const known = [...RUNNABLE, ...UNSUPPORTED, ...DEPRECATED];
  if ([given].flat().every((runtime) => known.includes(runtime))) return;
  throw runtimesUnknown(member, Array.isArray(given) ? `[${given.join(", ")}]` : given, known);
}
