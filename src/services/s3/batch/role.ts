// What a job's role must be permitted. https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-iam-role-policies.html
import { ServiceError } from "../../../kernel/errors.ts";
import type { Parts } from "../parts.ts";
import { roleUnusable } from "./errors.ts";
import { type Job, jobArn } from "./job.ts";
import { BATCH_SERVICE } from "./job-access.ts";

/** Why the role may not; undefined when it may. What is another account's is asked about whatever the mode is. */
export async function whyRoleMayNot({ access }: Pick<Parts, "access">, { roleArn, account }: Job, { action, resource, context = {}, owner }: { action: string; resource: string; context?: Record<string, string | string[]>; owner: string }): Promise<string | undefined> {
  const question = { actor: { roleArn }, action, resource, context };
  if (owner === account) return refusalOf(access.check(question));
  const decision = await access.decide({ ...question, context: { ...context, "aws:ResourceAccount": owner } });
  return decision.allowed ? undefined : decision.sentence;
}

/** Throws JobFailed. */
export async function checkTrust({ access }: Pick<Parts, "access">, job: Job): Promise<void> {
  const context = { "aws:SourceAccount": job.account, "aws:SourceArn": jobArn(job) };
  const refused = await refusalOf(access.check({ actor: { service: BATCH_SERVICE }, action: "sts:AssumeRole", resource: job.roleArn, context }));
  if (refused !== undefined) throw roleUnusable(refused);
}

const refusalOf = (checked: Promise<void>): Promise<string | undefined> => checked.then(() => undefined, (error: unknown) => {
  if (error instanceof ServiceError) return error.message;
  throw error;
});
