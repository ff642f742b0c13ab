// Others publish to a topic by its ARN: destinations, dead letters, rules.
import type { Target } from "../../ports/targets.ts";
import type { RoomPorts } from "../service.ts";
import { publishTo } from "./publish.ts";
import { findTopic } from "./topic.ts";

export const topicTarget = (ports: RoomPorts): Target => ({
  service: "sns",
  exists: async (arn) => (await findTopic(ports.stores, arn)) !== undefined,
  deliver: publishTo(ports),
});
