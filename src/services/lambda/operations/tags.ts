// Tags of functions. https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
import type * as Sdk from "@aws-sdk/client-lambda";
import { parseArn } from "../../../kernel/arn.ts";
import type { Call } from "../../../kernel/call.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { functionNotFound, resourceNotFound, tagsOnVersion } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction } from "../function.ts";
import { type Named, resolveName } from "../name.ts";
import { checkTagCount } from "../tags.ts";

type Lambda = Api<typeof Sdk>;

/** The other kinds of resource that can be tagged; Evoke has none of them yet, so none is ever found. */
const OTHER_KINDS: Record<string, string> = {
  "event-source-mapping": "Event source mapping", "code-signing-config": "Code signing config",
  "capacity-provider": "Capacity provider", "network-connector": "Network connector",
};

export function tagOperations({ stores }: RoomPorts): Pick<Lambda, "ListTags" | "TagResource" | "UntagResource"> {
  const functions = stores.documents<LambdaFunction>(FUNCTIONS);

  const change = async (named: Named, tags: (before: Record<string, string>) => Record<string, string>) => {
    const after = await functions.update(named.id, (fn) => ({ ...fn, tags: checkTagCount(tags(fn.tags)) }));
    if (!after) throw functionNotFound(named.arn);
    return {};
  };

  return {
    async ListTags(input, call) {
      const named = taggable(input.Resource, call, "ListTags");
      const fn = await functions.get(named.id);
      if (!fn) throw functionNotFound(named.arn);
      return { Tags: fn.tags };
    },
    async TagResource(input, call) {
      return change(taggable(input.Resource, call, "TagResource"), (before) => ({ ...before, ...input.Tags }));
    },
    async UntagResource(input, call) {
      const gone = new Set(input.TagKeys);
      return change(taggable(input.Resource, call, "UntagResource"), (before) => Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(key))));
    },
  };
}

function taggable(resource: string, call: Call, action: string): Named {
  const kind = parseArn(resource)?.resource.split(":")[0] ?? "";
  const other = OTHER_KINDS[kind];
  if (other) throw resourceNotFound(other, resource);
  const named = resolveName(resource, undefined, call, action);
  if (named.qualifier !== undefined) throw tagsOnVersion();
  return named;
}
