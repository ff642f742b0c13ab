// From what a caller names a queue by to the queue.
import type { Call } from "../../kernel/call.ts";
import type { Access } from "../../ports/access.ts";
import type { Documents } from "../../storage/stores.ts";
import { accessDenied, queueDoesNotExist } from "./errors.ts";
import { arnOf, keyOf, ownerByArn, type Owner, ownerByUrl, type Queue } from "./queue.ts";

export interface Lookup {
  /** Another account's queue only where its policy lets the caller: the gateway asks this for everybody only when policies are enforced. Throws QueueDoesNotExist. */
  shared(url: string, call: Call, action: string): Promise<Queue>;
  /** For what only the owner's account may do, whatever a policy says. */
  own(url: string, call: Call, action: string): Promise<Queue>;
  byArn(arn: string): Promise<Queue | undefined>;
  /** Throws where the caller may not do this to another account's queue. */
  admit(owner: Owner, call: Call, action: string): Promise<void>;
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html: "Cross-account permissions don't apply to …" */
export function openLookup(queues: Documents<Queue>, access: Access): Lookup {
  const named = (url: string, call: Call): Owner => {
    const owner = ownerByUrl(url, call);
    if (!owner) throw queueDoesNotExist();
    return owner;
  };
  const found = async (owner: Owner): Promise<Queue> => {
    const queue = await queues.get(keyOf(owner));
    if (!queue) throw queueDoesNotExist();
    return queue;
  };
  const admit: Lookup["admit"] = async (owner, call, action) => {
    if (owner.account === call.account) return;
    const resource = arnOf(owner);
    const { allowed } = await access.decide({ actor: call.principal, action: `sqs:${action}`, resource, call });
    if (!allowed) throw accessDenied(call.principal.arn, `sqs:${action}`, resource);
  };
  return {
    admit,
    async shared(url, call, action) {
      const owner = named(url, call);
      if (owner.account !== call.account) await admit(owner, call, action);
      return found(owner);
    },
    async own(url, call, action) {
      const owner = named(url, call);
      if (owner.account !== call.account) throw accessDenied(call.principal.arn, `sqs:${action}`, arnOf(owner));
      return found(owner);
    },
    byArn: async (arn) => {
      const owner = ownerByArn(arn);
      return owner && queues.get(keyOf(owner));
    },
  };
}
