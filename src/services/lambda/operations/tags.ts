// Tags of functions, code signing configs, event source mappings and capacity providers. https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
import type * as Sdk from "@aws-sdk/client-lambda";
import { parseArn } from "../../../kernel/arn.ts";
import type { Call } from "../../../kernel/call.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { providerTagged } from "../capacity-providers/tags.ts";
import { ownConfigId, SIGNING_CONFIGS, type SigningConfig } from "../code-signing.ts";
import { functionNotFound, resourceNotFound, tagsMissing, tagsOnVersion } from "../errors.ts";
import { FUNCTIONS, isSettled, type LambdaFunction } from "../function.ts";
import { admit } from "../lookup.ts";
import { type Mapping, mappingIdOf, MAPPINGS } from "../mappings/mapping.ts";
import { documentId, resolveName } from "../name.ts";
import { checkTags } from "../tags.ts";

type Lambda = Api<typeof Sdk>;
type Tags = Record<string, string>;

/** One resource's tags. Both throw when it is not there. */
interface Tagged {
  read(): Promise<Tags>;
  change(tags: (before: Tags) => Tags): Promise<void>;
}

/** The other kind of resource that can be tagged; there are none here, so none is ever found. */
const NETWORK_CONNECTOR = "network-connector";

export function tagOperations(ports: RoomPorts): Pick<Lambda, "ListTags" | "TagResource" | "UntagResource"> {
  const taggable = async (resource: string, call: Call, action: string): Promise<Tagged> => {
    const kind = parseArn(resource)?.resource.split(":")[0] ?? "";
    if (kind === "code-signing-config") return configTagged(ports, resource, call);
    if (kind === "event-source-mapping") return mappingTagged(ports, resource, call);
    if (kind === "capacity-provider") return providerTagged(ports, resource, call);
    if (kind === NETWORK_CONNECTOR) throw resourceNotFound("Network connector", resource);
    return functionTagged(ports, resource, call, action);
  };

  return {
    async ListTags(input, call) {
      return { Tags: await (await taggable(input.Resource, call, "ListTags")).read() };
    },
    async TagResource(input, call) {
      const tagged = await taggable(input.Resource, call, "TagResource");
      if (!Object.keys(input.Tags).length) throw tagsMissing();
      await tagged.change((before) => checkTags({ ...before, ...input.Tags }));
      return {};
    },
    async UntagResource(input, call) {
      const gone = new Set(input.TagKeys);
      const tagged = await taggable(input.Resource, call, "UntagResource");
      await tagged.change((before) => Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(key))));
      return {};
    },
  };
}

async function functionTagged(ports: RoomPorts, resource: string, call: Call, action: string): Promise<Tagged> {
  const functions = ports.stores.documents<LambdaFunction>(FUNCTIONS);
  const named = resolveName(resource, undefined, call);
  await admit(ports, named, call, action);
  if (named.qualifier !== undefined) throw tagsOnVersion();
  return {
    async read() {
      const fn = await functions.get(named.id);
      if (!fn) throw functionNotFound(named.arn);
      return fn.tags;
    },
    /** `$LATEST` has another revision with other tags (observed). While it is being made or updated, its revision is what that waits for. */
    async change(tags) {
      const revisionId = ports.ids.uuid();
      const after = await functions.update(named.id, (fn) => ({ ...fn, ...(isSettled(fn) ? { revisionId } : {}), tags: tags(fn.tags) }));
      if (!after) throw functionNotFound(named.arn);
    },
  };
}

function configTagged({ stores }: RoomPorts, resource: string, call: Call): Tagged {
  const configs = stores.documents<SigningConfig>(SIGNING_CONFIGS);
  const id = ownConfigId(resource, call);
  return {
    async read() {
      const config = id && (await configs.get(id));
      if (!config) throw resourceNotFound("Code signing config", resource);
      return config.tags;
    },
    async change(tags) {
      if (!(id && (await configs.update(id, (config) => ({ ...config, tags: tags(config.tags) }))))) throw resourceNotFound("Code signing config", resource);
    },
  };
}

function mappingTagged({ stores }: RoomPorts, resource: string, call: Call): Tagged {
  const mappings = stores.documents<Mapping>(MAPPINGS);
  const found = mappingIdOf(resource);
  const id = found?.startsWith(documentId(call.account, call.region, "")) ? found : undefined;
  return {
    async read() {
      const mapping = id && (await mappings.get(id));
      if (!mapping) throw resourceNotFound("Event source mapping", resource);
      return mapping.tags;
    },
    async change(tags) {
      if (!(id && (await mappings.update(id, (mapping) => ({ ...mapping, tags: tags(mapping.tags) }))))) throw resourceNotFound("Event source mapping", resource);
    },
  };
}
