// Where resource-based policies and the tags of resources are: with the room of the ARN's service. A role's is its trust policy, with IAM.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
import { parseArn } from "../kernel/arn.ts";
import type { AccessQuestion } from "../ports/access.ts";
import type { IdentityPolicies } from "../ports/identity-policies.ts";

type Asked = Pick<AccessQuestion, "action" | "context">;

interface Room<Ports> {
  name: string;
  /** What its ARNs say instead of its name, as in its actions. */
  actionPrefix?: string;
  /** Other services that its ARNs say. */
  arnServices?: readonly string[];
  resourcePolicy?(ports: Ports): (arn: string) => Promise<string | undefined>;
  resourceTags?(ports: Ports): (arn: string, asked: Asked) => Promise<Record<string, string> | undefined>;
}

export interface ResourcePolicies {
  add<Ports>(room: Room<Ports>, ports: Ports): void;
  policy(arn: string): Promise<string | undefined>;
  tags(arn: string, asked: Asked): Promise<Record<string, string> | undefined>;
}

export function openResourcePolicies(identityPolicies: IdentityPolicies): ResourcePolicies {
  const policies = new Map<string, (arn: string) => Promise<string | undefined>>();
  const tags = new Map<string, (arn: string, asked: Asked) => Promise<Record<string, string> | undefined>>();
  return {
    add(room, ports) {
      const service = room.actionPrefix ?? room.name;
      if (room.resourcePolicy) for (const name of [service, ...(room.arnServices ?? [])]) policies.set(name, room.resourcePolicy(ports));
      if (room.resourceTags) tags.set(service, room.resourceTags(ports));
    },
    async policy(arn) {
      const service = parseArn(arn)?.service ?? "";
      return service === "iam" ? identityPolicies.trustPolicy(arn) : policies.get(service)?.(arn);
    },
    tags: async (arn, asked) => tags.get(parseArn(arn)?.service ?? "")?.(arn, asked),
  };
}
