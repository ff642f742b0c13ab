// Aliases: names for versions, that may share their invocations between two. No storage, clock or randomness.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
import type { AliasConfiguration } from "@aws-sdk/client-lambda";
import type { Version } from "./function.ts";
import { qualified } from "./name.ts";
import { aliasOfLatest, rolesDiffer, tooManyWeights, versionTwice } from "./errors.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME/ALIAS. */
export const ALIASES = "lambda/alias";

export interface Alias {
  name: string;
  /** Of the function, unqualified. */
  functionArn: string;
  functionVersion: string;
  description: string;
  /** This share of the invocations goes to another version. */
  additional?: { version: string; weight: number };
  revisionId: string;
}

/** The version that takes the next invocation; `fraction` is 0 <= n < 1. */
export const drawVersion = ({ functionVersion, additional }: Alias, fraction: () => number): string =>
  additional && fraction() < additional.weight ? additional.version : functionVersion;

/** Every version an alias sends invocations to. */
export const versionsOf = ({ functionVersion, additional }: Alias): string[] => (additional ? [functionVersion, additional.version] : [functionVersion]);

/** The one entry that AdditionalVersionWeights may have; empty means none. */
export function additionalOf(weights: Record<string, number> | undefined, functionVersion: string): Alias["additional"] {
  const entries = Object.entries(weights ?? {});
  if (entries.length > 1) throw tooManyWeights();
  const [entry] = entries;
  if (!entry) return undefined;
  const [version, weight] = entry;
  if (version === functionVersion) throw versionTwice(version);
  if (functionVersion === "$LATEST") throw aliasOfLatest();
  return { version, weight };
}

/** Two versions behind one alias must be alike to their surroundings (developer guide). */
export function assertAlike(one: Version, other: Version): void {
  if (one.settings.role !== other.settings.role) throw rolesDiffer("execution role");
  if (one.settings.deadLetterArn !== other.settings.deadLetterArn) throw rolesDiffer("dead-letter queue configuration");
}

export const aliasConfiguration = ({ name, functionArn, functionVersion, description, additional, revisionId }: Alias): AliasConfiguration => ({
  AliasArn: qualified(functionArn, name),
  Name: name,
  FunctionVersion: functionVersion,
  Description: description,
  ...(additional ? { RoutingConfig: { AdditionalVersionWeights: { [additional.version]: additional.weight } } } : {}),
  RevisionId: revisionId,
});
