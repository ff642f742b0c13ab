// SnapStart: which functions may have it, and which versions are initialised when they are published.
// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
import type { SnapStart } from "@aws-sdk/client-lambda";
import type { Version } from "./function.ts";
import { noSnapStart, snapStartExcludes } from "./image-errors.ts";
import type { Settings } from "./settings.ts";

/** java11 and later, python3.12 and later, dotnet8 and later; no container images, no OS-only runtimes. */
const RUNTIMES = /^(java(11|17|21|25)(\.al2023)?|python3\.(1[2-9])|dotnet(8|10))$/;
const TMP_MB = 512;

export function changedSnapStart(after: Settings, given: SnapStart | undefined): void {
  if (given?.ApplyOn === "PublishedVersions") after.snapStart = true;
  else if (given?.ApplyOn === "None") delete after.snapStart;
  if (!after.snapStart) return;
  if (after.image) throw noSnapStart("ContainerImage");
  if (!RUNTIMES.test(after.runtime)) throw noSnapStart(after.runtime);
  if (after.ephemeralStorageMb > TMP_MB) throw snapStartExcludes(`ephemeral storage larger than ${TMP_MB} MB`);
  if (after.tenantIsolation) throw snapStartExcludes("tenant isolation");
}

/** Published with SnapStart on: it is initialised before it is Active, and its environments are restored. */
export const isSnapshot = ({ version, settings }: Pick<Version, "version" | "settings">): boolean => version !== "$LATEST" && settings.snapStart === true;
