// Which room delivers to an ARN, and whether the sender may.
import { parseArn } from "../kernel/arn.ts";
import { Fault } from "../kernel/errors.ts";
import type { Access } from "../ports/access.ts";
import type { Target, Targets } from "../ports/targets.ts";

/** What a sender needs to be permitted, by the service of the ARN. */
const ACTIONS: Record<string, string> = {
  sqs: "sqs:SendMessage", sns: "sns:Publish", lambda: "lambda:InvokeFunction", events: "events:PutEvents", s3: "s3:PutObject",
};

export function openTargets(access: Access): Targets & { add(target: Target): void } {
  const byService = new Map<string, Target>();
  const find = (arn: string): Target | undefined => byService.get(parseArn(arn)?.service ?? "");
  return {
    add(target) { byService.set(target.service, target); },
    serves: (arn) => find(arn) !== undefined,
    exists: async (arn) => (await find(arn)?.exists(arn)) ?? false,
    async deliver(arn, message, from) {
      const target = find(arn);
      if (!target) throw new Fault(`Evoke does not serve the service of ${arn}, so nothing can be delivered there`);
      const actor = from.roleArn ? { roleArn: from.roleArn } : { service: from.service ?? "lambda.amazonaws.com" };
      const context: Record<string, string> = { "aws:SourceAccount": from.account, ...(from.sourceArn ? { "aws:SourceArn": from.sourceArn } : {}) };
      const resource = message.key === undefined ? arn : `${arn}/${message.key}`; // an object of the bucket
      await access.check({ actor, action: ACTIONS[target.service] ?? `${target.service}:Invoke`, resource, context });
      await target.deliver(arn, message, from);
    },
  };
}
