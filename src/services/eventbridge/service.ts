// Amazon EventBridge: event buses, rules and their targets, archives, API destinations.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/
import type * as Sdk from "@aws-sdk/client-eventbridge";
import { defineService } from "../service.ts";
import { access } from "./access.ts";
import { apiDestinationOperations } from "./api-destinations.ts";
import { archiveOperations } from "./archives.ts";
import { busKeyOf, findBus } from "./bus.ts";
import { busTarget } from "./bus-target.ts";
import { busOperations } from "./buses.ts";
import { connectionOperations } from "./connections.ts";
import { registerDeliveries } from "./delivery.ts";
import { eventSourceOperations, partnerOperations } from "./partner-sources.ts";
import { permissionOperations } from "./permissions.ts";
import { putEventsOperation } from "./put-events.ts";
import { putPartnerEventsOperation } from "./put-partner-events.ts";
import { replayOperations } from "./replays.ts";
import { openRuleBook } from "./rule-book.ts";
import { ruleOperations } from "./rules.ts";
import { resourceTagsOf, tagOperations } from "./tags.ts";
import { targetOperations } from "./targets.ts";

export const eventbridge = defineService<typeof Sdk>({
  name: "events",
  client: "@aws-sdk/client-eventbridge",
  access,

  resourcePolicy: ({ stores }) => async (arn) => {
    const bus = busKeyOf(arn);
    return bus && (await findBus(stores, bus))?.policy;
  },

  resourceTags: ({ stores }) => (arn) => resourceTagsOf(stores, arn),

  target: busTarget,

  open(ports) {
    const book = openRuleBook(ports.stores);
    registerDeliveries(ports, book);
    return {
      ...busOperations(ports),
      ...permissionOperations(ports),
      ...tagOperations(ports.stores),
      ...ruleOperations(ports),
      ...targetOperations(ports),
      ...putEventsOperation(ports, book),
      ...partnerOperations(ports),
      ...eventSourceOperations(ports),
      ...putPartnerEventsOperation(ports, book),
      ...archiveOperations(ports),
      ...replayOperations(ports),
      ...connectionOperations(ports),
      ...apiDestinationOperations(ports),
    };
  },
});
