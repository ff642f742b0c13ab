// Tags of functions. https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
import type * as Sdk from "@aws-sdk/client-lambda";
import { parseArn } from "../../../kernel/arn.ts";
import type { Call } from "../../../kernel/call.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { functionNotFound, resourceNotFound, tagsMissing, tagsOnVersion } from "../errors.ts";
import { FUNCTIONS, isSettled, type LambdaFunction } from "../function.ts";
import { admit } from "../lookup.ts";
import { type Named, resolveName } from "../name.ts";
import { checkTagCount } from "../tags.ts";

type Lambda = Api<typeof Sdk>;

/** The other kinds of resource that can be tagged; Evoke has none of them yet, so none is ever found. */
const OTHER_KINDS: Record<string, string> = {
  "event-source-mapping": "Event source mapping", "code-signing-config": "Code signing config",
  "capacity-provider": "Capacity provider", "network-connector": "Network connector",
};

export function tagOperations(ports: RoomPorts): Pick<Lambda, "ListTags" | "TagResource" | "UntagResource"> {
  const functions = ports.stores.documents<LambdaFunction>(FUNCTIONS);

  /** `$LATEST` has another revision with other tags (observed). While it is being made or updated, its revision is what that waits for. */
  const change = async (named: Named, tags: (before: Record<string, string>) => Record<string, string>) => {
    const revisionId = ports.ids.uuid();
    const after = await functions.update(named.id, (fn) => ({ ...fn, ...(isSettled(fn) ? { revisionId } : {}), tags: checkTagCount(tags(fn.tags)) }));
    if (!after) throw functionNotFound(named.arn);
    return {};
  };

  return {
    async ListTags(input, call) {
      const named = await taggable(ports, input.Resource, call, "ListTags");
      const fn = await functions.get(named.id);
      if (!fn) throw functionNotFound(named.arn);
      return { Tags: fn.tags };
    },
    async TagResource(input, call) {
      const named = await taggable(ports, input.Resource, call, "TagResource");
      if (!Object.keys(input.Tags).length) throw tagsMissing();
      return change(named, (before) => ({ ...before, ...input.Tags }));
    },
    async UntagResource(input, call) {
      const gone = new Set(input.TagKeys);
      return change(await taggable(ports, input.Resource, call, "UntagResource"), (before) => Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(key))));
    },
  };
}

async function taggable(ports: RoomPorts, resource: string, call: Call, action: string): Promise<Named> {
  const kind = parseArn(resource)?.resource.split(":")[0] ?? "";
  const other = OTHER_KINDS[kind];
  if (other) throw resourceNotFound(other, resource);
  const named = resolveName(resource, undefined, call);
  await admit(ports, named, call, action);
  if (named.qualifier !== undefined) throw tagsOnVersion();
  return named;
}
