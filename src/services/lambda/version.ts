// Published versions: numbered pictures of `$LATEST` that never change. No storage, clock or randomness.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
import { isDeepStrictEqual } from "node:util";
import { codeShaMismatch } from "./errors.ts";
import { isSnapshot } from "./snap-start.ts";
import { assertChangeable, isSettled, type LambdaFunction, settled, type Version } from "./function.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME/NUMBER, the number padded, so that lists are in order; `$LATEST.PUBLISHED` comes before all numbers. */
export const VERSIONS = "lambda/version";

const DIGITS = 10;

export const versionId = (functionId: string, number: string | number): string => `${functionId}/${String(number).padStart(DIGITS, "0")}`;

export interface Publication {
  description?: string | undefined;
  revisionId: string;
  nowMs: number;
}

/** What the caller believes to publish is what there is. */
export function assertPublishable(fn: LambdaFunction, given: { codeSha256?: string | undefined; revisionId?: string | undefined }): void {
  assertChangeable(fn, given.revisionId);
  if (given.codeSha256 && given.codeSha256 !== fn.code.sha256) throw codeShaMismatch(given.codeSha256, fn.code.sha256);
}

/** Nothing was changed since `last` was published; a version's own description does not count, `$LATEST`'s does (spec, observed). That its runtime version counts is ours. */
export function isPublishedAlready(fn: LambdaFunction, last: Version | undefined): last is Version {
  if (!last || last.version !== String(fn.published?.number)) return false;
  return last.code.id === fn.code.id && isDeepStrictEqual(fn.published!.runtimeManagement, fn.runtimeManagement) && isDeepStrictEqual({ ...last.settings, description: fn.published!.description }, fn.settings);
}

/** The next version. While `$LATEST` is Pending or being updated so is this one, and both are `settled` together; with SnapStart it is Pending until it has been initialised. */
export function published(fn: LambdaFunction, { description, revisionId, nowMs }: Publication): Version {
  const { name, arn, account, region, settings, code, runtimeManagement } = fn;
  const picture: Version = {
    name, arn, account, region, version: String((fn.published?.number ?? 0) + 1),
    settings: { ...settings, description: description ?? settings.description }, code,
    revisionId, lastModifiedMs: nowMs, state: "Pending", ...(runtimeManagement ? { runtimeManagement } : {}),
  };
  return isSettled(fn) && !isSnapshot(picture) ? settled(picture, revisionId) : picture;
}

/** `$LATEST` remembers what it gave out, and has another revision from then on (spec, observed). */
export const afterPublishing = (fn: LambdaFunction, version: Version, revisionId: string): LambdaFunction =>
  ({ ...fn, revisionId, published: { number: Number(version.version), description: fn.settings.description, ...(fn.runtimeManagement ? { runtimeManagement: fn.runtimeManagement } : {}) } });
