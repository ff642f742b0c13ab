// What belongs to a function and goes with it: deleted in the transaction that deletes the function, its version or its alias.
import type { Tx } from "../../storage/stores.ts";
import { ALIASES } from "./alias.ts";
import { forgetConfig } from "./code-signing.ts";
import { takeOffProvider } from "./capacity-providers/on-provider.ts";
import { EVENT_INVOKE } from "./event-invoke.ts";
import type { LambdaFunction } from "./function.ts";
import { idOf } from "./lookup.ts";
import { qualifiedId } from "./name.ts";
import { POLICIES } from "./policy.ts";
import { PROVISIONED, releaseConcurrency } from "./provisioned.ts";
import { forgetUrlIds, URLS } from "./url.ts";
import { VERSIONS } from "./version.ts";

/** Documents with ids ACCOUNT/REGION/NAME/QUALIFIER, the qualifier "$LATEST" for what the function has as a whole. */
const OF_QUALIFIERS = [EVENT_INVOKE, URLS, POLICIES];

/** Documents with other ids that begin ACCOUNT/REGION/NAME/. */
const OF_FUNCTIONS = [VERSIONS, ALIASES, PROVISIONED];

/** For what is not found by such an id (a qualifier is given when only that one goes). Awaits nothing but `tx`. */
type Goodbye = (tx: Tx, fn: LambdaFunction, qualifier: string | undefined) => Promise<void>;
const GOODBYES: Goodbye[] = [forgetUrlIds, releaseConcurrency, forgetConfig, takeOffProvider];

const PAGE = 1000;

/** Everything of the function but its own document. */
export async function deleteBelongings(tx: Tx, fn: LambdaFunction): Promise<void> {
  for (const goodbye of GOODBYES) await goodbye(tx, fn, undefined);
  const prefix = `${idOf(fn)}/`;
  for (const kind of [...OF_QUALIFIERS, ...OF_FUNCTIONS]) {
    const documents = tx.documents<unknown>(kind);
    for (let rows = await documents.list({ prefix, limit: PAGE }); rows.length; rows = await documents.list({ prefix, limit: PAGE })) {
      for (const [id] of rows) await documents.delete(id);
    }
  }
}

/** What one version or alias has, but not the version or alias itself. */
export async function deleteQualified(tx: Tx, fn: LambdaFunction, qualifier: string): Promise<void> {
  for (const goodbye of GOODBYES) await goodbye(tx, fn, qualifier);
  for (const kind of OF_QUALIFIERS) await tx.documents(kind).delete(qualifiedId(idOf(fn), qualifier));
}
