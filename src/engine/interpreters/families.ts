// The languages of AWS's managed runtimes: which runtimes there are, where their interpreters are found, and with which flags they start.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
import { dotnetCandidates, howToGetDotnet } from "./dotnet.ts";
import { howToGetJava, javaCandidates, javaFlags } from "./java.ts";
import { nodeCandidates } from "./node.ts";
import type { Candidate } from "./probe.ts";
import { pythonCandidates } from "./python.ts";
import { howToGetRuby, rubyCandidates } from "./ruby.ts";
import type { SdkName } from "./sdks.ts";

export const FAMILY_NAMES = ["nodejs", "python", "java", "ruby", "dotnet"] as const;
export type FamilyName = (typeof FAMILY_NAMES)[number];

type Environment = Record<string, string | undefined>;

export interface Family {
  /** Each runtime's release, as many numbers as make one: nodejs22.x 22, python3.12 3.12. */
  runtimes: Record<string, string>;
  candidates(environment: Environment, execPath: string): Promise<Candidate[]>;
  /** What comes after the interpreter. `pinned`: this very version and no other, where one program starts several. */
  flags(wanted: string, found: string, pinned: boolean): string[];
  /** The language's own name, for people. */
  title: string;
  /** A sentence with what to do where there is none. */
  howToGet(wanted: string): string;
  /** How to get the exact version where a newer one stands in. */
  exactly(runtime: string, wanted: string): string;
  /** Our own program in runtimes/, which speaks frames; without one the runtime is AWS's own or the function's, and speaks HTTP. */
  bootstrap?: string;
  sdk?: SdkName;
}

const PYTHONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"];
const RUBIES = ["3.2", "3.3", "3.4", "4.0"];

export const FAMILIES: Record<FamilyName, Family> = {
  nodejs: {
    title: "Node", bootstrap: "bootstrap.cjs", sdk: "aws-sdk-js",
    runtimes: { "nodejs20.x": "20", "nodejs22.x": "22", "nodejs24.x": "24", "nodejs26.x": "26" },
    candidates: nodeCandidates,
    flags: nodeFlags,
    howToGet: (wanted) => `no Node ${wanted} or newer was found; get it with: evoke runtimes add nodejs${wanted}.x`,
    exactly: (runtime) => `evoke runtimes add ${runtime}`,
  },
  python: {
    title: "Python", bootstrap: "bootstrap.py", sdk: "boto3",
    runtimes: Object.fromEntries(PYTHONS.map((version) => [`python${version}`, version])),
    candidates: (environment) => pythonCandidates(environment, PYTHONS),
    flags: () => ["-B"], // -u would make every print a write of its own; -B because the code is read-only anyway
    howToGet: (wanted) => `no Python ${wanted} or newer was found, and no package registry carries it; get it with pyenv (pyenv install ${wanted}), or from the system's packages (apt install python${wanted}, brew install python@${wanted})`,
    exactly: (_runtime, wanted) => `pyenv install ${wanted}`,
  },
  java: {
    title: "Java",
    runtimes: { "java8.al2": "8", "java8.al2023": "8", java11: "11", "java11.al2023": "11", java17: "17", "java17.al2023": "17", java21: "21", java25: "25" },
    candidates: javaCandidates,
    flags: javaFlags,
    howToGet: howToGetJava,
    exactly: (_runtime, wanted) => `apt install openjdk-${wanted}-jre-headless, or sdk install java`,
  },
  ruby: {
    title: "Ruby", bootstrap: "bootstrap.rb",
    runtimes: Object.fromEntries(RUBIES.map((version) => [`ruby${version}`, version])),
    candidates: (environment) => rubyCandidates(environment, RUBIES),
    flags: () => [],
    howToGet: howToGetRuby,
    exactly: (_runtime, wanted) => `rbenv install ${wanted}.0`,
  },
  dotnet: {
    title: ".NET",
    runtimes: { dotnet8: "8", dotnet10: "10" },
    candidates: dotnetCandidates,
    // AWS has exactly one runtime; here an assembly for .NET 8 may meet .NET 10 alone.
    flags: (wanted, found, pinned) => ["exec", ...(pinned ? ["--fx-version", found] : releaseOf(wanted, found) === wanted ? [] : ["--roll-forward", "Major"])],
    howToGet: howToGetDotnet,
    exactly: (_runtime, wanted) => `apt install dotnet-runtime-${wanted}.0`,
  },
};

/** As AWS's bootstrap starts it, and what AWS turns off for each runtime by https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html (its table names 20 and 22 only). */
function nodeFlags(wanted: string, found: string): string[] {
  const flags = ["--expose-gc", "--max-http-header-size=81920"];
  if (["20", "22"].includes(wanted) && compareVersions(found, "20.17.0") >= 0) flags.push("--no-experimental-require-module"); // an older Node does not know it, and ends
  if (wanted === "22") flags.push("--no-experimental-detect-module");
  return flags;
}

/** As many numbers of a version as the wanted release has. */
export const releaseOf = (wanted: string, version: string): string => version.split(".").slice(0, wanted.split(".").length).join(".");

export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map((part) => parseInt(part, 10) || 0)) as [number[], number[]];
  for (let i = 0; i < Math.max(left.length, right.length); i++) if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0);
  return 0;
}

/**
 * All that can run it, the best first: the wanted release before newer ones; of one release those that every user of the machine may start,
 * for functions may run as another one; of these the newest, and of equals the first found.
 */
export function serving<T extends { version: string; isPrivate?: boolean }>(wanted: string, found: T[]): T[] {
  const usable = found.filter(({ version }) => compareVersions(releaseOf(wanted, version), wanted) >= 0 && (!wanted.includes(".") || version.split(".")[0] === wanted.split(".")[0]));
  return usable.sort((a, b) => compareVersions(releaseOf(wanted, a.version), releaseOf(wanted, b.version)) || Number(a.isPrivate ?? false) - Number(b.isPrivate ?? false) || compareVersions(b.version, a.version));
}
