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

/** AWS's bootstrap runs an executable assembly this way (aws/aws-lambda-dotnet, bootstrap.net8.sh); the name may come with or without .dll. */
export const assemblyOf = (handler: string): string => `/var/task/${handler.replace(/\.dll$/, "")}.dll`;

export const CLASS_LIBRARY_REFUSAL =
  "Assembly::Class::Method handlers are loaded by a host that AWS builds for its own runtime and publishes in no package; make the function an executable assembly with the package Amazon.Lambda.RuntimeSupport, and its handler the assembly's name: https://docs.aws.amazon.com/lambda/latest/dg/csharp-handler.html";

export const howToGetDotnet = (version: string): string => `no .NET ${version} runtime or newer was found; get it from https://dotnet.microsoft.com/download, or from the system's packages (apt install dotnet-runtime-${version}.0, dnf install dotnet-runtime-${version}.0), or set DOTNET_ROOT`;
