// Tags of capacity providers: read and changed, and for policies that ask about aws:ResourceTag.
import type { Call } from "../../../kernel/call.ts";
import type { Stores } from "../../../storage/stores.ts";
import { resourceNotFound } from "../errors.ts";
import { documentId } from "../name.ts";
import { type CapacityProvider, idOfProviderArn, PROVIDERS } from "./provider.ts";

type Tags = Record<string, string>;

/** Of the caller's own account and region; both throw when it is not there. */
export function providerTagged({ stores }: { stores: Stores }, resource: string, call: Call): { read(): Promise<Tags>; change(tags: (before: Tags) => Tags): Promise<void> } {
  const providers = stores.documents<CapacityProvider>(PROVIDERS);
  const found = idOfProviderArn(resource);
  const id = found?.startsWith(documentId(call.account, call.region, "")) ? found : undefined;
  const missing = () => resourceNotFound("Capacity provider", resource);
  return {
    async read() {
      const provider = id && (await providers.get(id));
      if (!provider) throw missing();
      return provider.tags;
    },
    async change(tags) {
      if (!(id && (await providers.update(id, (provider) => ({ ...provider, tags: tags(provider.tags) }))))) throw missing();
    },
  };
}

export const providerTags = ({ stores }: { stores: Pick<Stores, "documents"> }) => async (arn: string): Promise<Tags | undefined> => {
  const id = idOfProviderArn(arn);
  return id === undefined ? undefined : (await stores.documents<CapacityProvider>(PROVIDERS).get(id))?.tags;
};
