// Amazon EventBridge Pipes: from one source through filter, enrichment and transformation to one target.
// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/
import type * as Sdk from "@aws-sdk/client-pipes";
import { defineService } from "../service.ts";
import { access } from "./access.ts";
import { listOperation } from "./listing.ts";
import { type Pipe, pipeByArn, pipeId, PIPES } from "./pipe.ts";
import { pipeOperations } from "./pipes.ts";
import { tagOperations } from "./tags.ts";

export const pipes = defineService<typeof Sdk>({
  name: "pipes",
  client: "@aws-sdk/client-pipes",
  access,

  resourceTags: ({ stores }) => async (arn) => {
    const key = pipeByArn(arn);
    return key && (await stores.documents<Pipe>(PIPES).get(pipeId(key)))?.tags;
  },

  open: (ports) => ({ ...pipeOperations(ports), ...listOperation(ports), ...tagOperations(ports) }),
});
