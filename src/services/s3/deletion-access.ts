// Who may delete what: of several objects in one request AWS asks for each, and refuses them one by one.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
import type { ObjectIdentifier } from "@aws-sdk/client-s3";
import { ANONYMOUS, type Call } from "../../kernel/call.ts";
import { ServiceError } from "../../kernel/errors.ts";
import { pointArn } from "./access-points/point.ts";
import type { Through } from "./access-points/through.ts";
import { contextThrough, resourceThrough } from "./access-points/through-access.ts";
import type { Bucket } from "./bucket.ts";
import { objectArn } from "./names.ts";
import type { Parts } from "./parts.ts";
import { noLockToBypass } from "./settings-errors.ts";

/** A key has no NUL and a version id in it at once: an id has no NUL. */
export const nameOf = (key: string, versionId: string | undefined): string => `${versionId ?? ""}\0${key}`;

/** The sentence to refuse each with, by nameOf. Nobody else's bucket is ever taken for the caller's own, whatever `--iam` says. */
export async function undeletable({ access }: Pick<Parts, "access">, bucket: Bucket, objects: ObjectIdentifier[], bypass: boolean, call: Call, through?: Through): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  for (const { Key: key = "", VersionId: versionId } of objects) {
    const actions = [versionId === undefined ? "DeleteObject" : "DeleteObjectVersion", ...(bypass ? ["BypassGovernanceRetention"] : [])];
    for (const action of actions) {
      for (const { owner, ...asked } of questionsOf(bucket, `s3:${action}`, objectArn(bucket.name, key), through)) {
        const isOwn = owner === call.account;
        const question = { actor: call.principal, call, ...asked, context: { ...asked.context, ...(!isOwn && { "aws:ResourceAccount": owner }) } };
        const sentence = isOwn ? await refusal(access, question) : await access.decide(question).then((decision) => (decision.allowed ? undefined : call.account === ANONYMOUS.accountId ? "" : decision.sentence));
        if (sentence !== undefined) refused.set(nameOf(key, versionId), sentence);
      }
    }
  }
  return refused;
}

/** The bucket must permit it, and the points it is asked through. */
function questionsOf(bucket: Bucket, action: string, resource: string, through: Through | undefined) {
  if (!through) return [{ owner: bucket.account, action, resource, context: {} }];
  const context = contextThrough(through);
  return [
    { owner: bucket.account, action, resource, context },
    { owner: through.point.account, action, resource: resourceThrough(through, resource), context },
    ...(through.objectLambda ? [{ owner: through.objectLambda.account, action: action.replace(/^s3:/, "s3-object-lambda:"), resource: pointArn(through.objectLambda), context: {} }] : []),
  ];
}

async function refusal(access: Parts["access"], question: Parameters<Parts["access"]["check"]>[0]): Promise<string | undefined> {
  try {
    await access.check(question);
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error.message;
    throw error;
  }
}

/** Recorded: there is nothing to bypass. */
export function checkBypass({ settings }: Bucket, { BypassGovernanceRetention: bypass }: { BypassGovernanceRetention?: boolean | undefined }): void {
  if (bypass !== undefined && !settings.objectLock) throw noLockToBypass();
}
