// Which room delivers to an ARN, and whether the sender may.
import { parseArn } from "../kernel/arn.ts";
import { assert } from "../kernel/assert.ts";
import { Fault } from "../kernel/errors.ts";
import type { Access } from "../ports/access.ts";
import type { Sender, Target, Targets } from "../ports/targets.ts";

/** What a sender needs to be permitted, by the service of the ARN. */
const ACTIONS: Record<string, string> = {
  sqs: "sqs:SendMessage", sns: "sns:Publish", lambda: "lambda:InvokeFunction", events: "events:PutEvents", s3: "s3:PutObject", logs: "logs:PutLogEvents",
  kinesis: "kinesis:PutRecord", firehose: "firehose:PutRecord", states: "states:StartExecution", ecs: "ecs:RunTask", batch: "batch:SubmitJob",
};

export function openTargets(access: Access): Targets & { add(target: Target): void } {
  const byService = new Map<string, Target>();
  const find = (arn: string): Target | undefined => byService.get(parseArn(arn)?.service ?? "");
  const admitted = async (arn: string, resource: string, from: Sender): Promise<Target> => {
    const target = find(arn);
    if (!target) throw new Fault(`Evoke does not serve the service of ${arn}, so nothing can be delivered there`);
    if (isOwnEvent(arn, from)) return target;
    const actor = from.roleArn ? { roleArn: from.roleArn } : { service: from.service ?? "lambda.amazonaws.com" };
    const context: Record<string, string> = { "aws:SourceAccount": from.account, ...(from.sourceArn ? { "aws:SourceArn": from.sourceArn } : {}) };
    await access.check({ actor, action: ACTIONS[target.service] ?? `${target.service}:Invoke`, resource, context });
    return target;
  };
  return {
    add(target) { byService.set(target.service, target); },
    serves: (arn) => find(arn) !== undefined,
    exists: async (arn) => (await find(arn)?.exists(arn)) ?? false,
    async deliver(arn, message, from) {
      const target = await admitted(arn, message.key === undefined ? arn : `${arn}/${message.key}`, from); // an object of the bucket
      await target.deliver(arn, message, from);
    },
    async deliverAll(arn, messages, from) {
      const target = await admitted(arn, arn, from);
      assert(target.deliverAll, `${target.service} takes one message at a time`);
      await target.deliverAll(arn, messages, from);
    },
  };
}

/** Services tell the default bus of an account what happens in it without being permitted by any policy: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event.html */
function isOwnEvent(arn: string, { service, roleArn, account }: Sender): boolean {
  const parsed = parseArn(arn);
  return service !== undefined && service !== "events.amazonaws.com" && roleArn === undefined && parsed?.service === "events" && parsed.resource === "event-bus/default" && parsed.account === account;
}
