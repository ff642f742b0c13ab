// Where .NET is found: DOTNET_ROOT, the PATH, and the folders its installers use. One `dotnet` starts every runtime beside it.
// https://learn.microsoft.com/dotnet/core/tools/dotnet-environment-variables
import { join } from "node:path";
import { onPath, there } from "./node.ts";
import type { Candidate } from "./probe.ts";

export function dotnetCandidates(environment: Record<string, string | undefined>): Promise<Candidate[]> {
  return there([
    ...(environment.DOTNET_ROOT ? [join(environment.DOTNET_ROOT, "dotnet")] : []),
    ...onPath(environment.PATH, ["dotnet"]),
    join(environment.HOME || "/", ".dotnet/dotnet"), "/usr/share/dotnet/dotnet", "/usr/lib/dotnet/dotnet", "/usr/lib64/dotnet/dotnet", "/opt/homebrew/bin/dotnet",
  ]);
}

/** "Microsoft.NETCore.App 8.0.11 [/usr/share/dotnet/shared/Microsoft.NETCore.App]", one runtime a line. */
export const dotnetVersions = (said: string): string[] => [...said.matchAll(/^Microsoft\.NETCore\.App (\d+\.\d+\.\d+) \[/gm)].map(([, version]) => version!);

/** Run by `dotnet exec` in place of a class library, which it loads: runtimes/dotnet. */
const HOST = "/var/runtime/Evoke.Runtime.dll";

/** The two files that say what a class library is made of and runs on: of the assembly, or the only ones there are. Sentences and exit codes are those of AWS's bootstrap. */
const LIBRARY = `task="$1" name="$2" host="$3" handler="$4"; shift 4
for kind in deps runtimeconfig; do
  file="$task/$name.$kind.json"
  if [ ! -f "$file" ]; then
    found=0; for each in "$task"/*.$kind.json; do if [ -f "$each" ]; then file="$each"; found=$((found + 1)); fi; done
    if [ $found != 1 ]; then
      echo "Error: .NET binaries for Lambda function are not correctly installed in the $task directory of the image when the image was built. The $task directory is missing the required .$kind.json file." >&2
      [ $kind = deps ] && exit 105 || exit 106
    fi
  fi
  [ $kind = deps ] && set -- "$@" --depsfile "$file" || set -- "$@" --runtimeconfig "$file"
done
exec "$@" "$host" "$handler"`;

/** A handler without a type names an assembly with a Main, with or without .dll, or a program that brings its own .NET. */
const PROGRAM = `task="$1" name="$2"; shift 2
assembly="$task/\${name%.dll}.dll"
if [ -f "$assembly" ]; then exec "$@" "$assembly"; fi
if [ -f "$task/$name" ]; then exec "$task/$name"; fi
echo "Error: executable assembly $assembly or binary $task/$name not found." >&2
exit 104`;

/**
 * As AWS's bootstrap starts it (aws/aws-lambda-dotnet, bootstrap.net8.sh): a program by its name; a class library
 * (Assembly::Type::Method) in a host. `start` is `dotnet exec` and its options; LAMBDA_DOTNET_MAIN_ASSEMBLY names the library's own files.
 */
export function dotnetCommand(start: string[], handler: string, mainAssembly: string | undefined): string[] {
  if (!handler.includes(":")) return ["/bin/sh", "-c", PROGRAM, "bootstrap", "/var/task", handler, ...start];
  const name = (mainAssembly || handler.slice(0, handler.indexOf(":"))).replace(/\.dll$/, "");
  return ["/bin/sh", "-c", LIBRARY, "bootstrap", "/var/task", name, HOST, handler, ...start];
}

export const howToGetDotnet = (version: string): string => `no .NET ${version} runtime or newer was found; get it from https://dotnet.microsoft.com/download, or from the system's packages (apt install dotnet-runtime-${version}.0, dnf install dotnet-runtime-${version}.0), or set DOTNET_ROOT`;
