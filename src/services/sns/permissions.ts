// AddPermission and RemovePermission: statements of a topic's policy. https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html
import type * as Sdk from "@aws-sdk/client-sns";
import type { Call } from "../../kernel/call.ts";
import type { Api, RoomPorts } from "../service.ts";
import { topicNotFound } from "./errors.ts";
import { type Topic, topicId, TOPICS } from "./topic.ts";
import { topicFor } from "./topic-lookup.ts";
import { withoutPermission, withPermission } from "./topic-policy.ts";

type PermissionApi = Pick<Api<typeof Sdk>, "AddPermission" | "RemovePermission">;

export function permissionOperations(ports: Pick<RoomPorts, "stores" | "access">): PermissionApi {
  const change = async (arn: string, call: Call, action: string, to: (topic: Topic) => string) => {
    await topicFor(ports, arn, call, action);
    const changed = await ports.stores.documents<Topic>(TOPICS).update(topicId(arn)!, (topic) => ({ ...topic, attributes: { ...topic.attributes, Policy: to(topic) } }));
    if (!changed) throw topicNotFound();
    return {};
  };
  return {
    AddPermission: ({ TopicArn, Label, AWSAccountId, ActionName }, call) => change(TopicArn, call, "AddPermission", (topic) => withPermission(topic, Label, AWSAccountId, ActionName)),
    RemovePermission: ({ TopicArn, Label }, call) => change(TopicArn, call, "RemovePermission", (topic) => withoutPermission(topic, Label)),
  };
}
