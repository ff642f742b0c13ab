// Aliases of versions. https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Tx } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { additionalOf, type Alias, aliasConfiguration, ALIASES, assertAlike } from "../alias.ts";
import { deleteQualified } from "../belongings.ts";
import { aliasExists, aliasNotFound, aliasToUpdateNotFound, functionNotFound, provisionedUnpublished, revisionMismatch } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction } from "../function.ts";
import { admit, findFunction, findVersion, idOf } from "../lookup.ts";
import { type Named, qualified, qualifiedId, resolveUnqualified } from "../name.ts";
import { listPage } from "../page.ts";
import { PROVISIONED } from "../provisioned.ts";
import type { Provisioner } from "../provisioner.ts";

type Lambda = Api<typeof Sdk>;

export function aliasOperations(ports: RoomPorts, provisioner: Provisioner): Pick<Lambda, "CreateAlias" | "GetAlias" | "UpdateAlias" | "DeleteAlias" | "ListAliases"> {
  const { stores, ids } = ports;

  return {
    async CreateAlias(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "CreateAlias");
      const alias: Alias = { name: input.Name, functionArn: named.arn, functionVersion: input.FunctionVersion, description: input.Description ?? "", revisionId: ids.uuid() };
      await stores.transaction(async (tx) => {
        const fn = await held(tx, named);
        if (!fn) throw functionNotFound(qualified(named.arn, input.FunctionVersion));
        const additional = additionalOf(input.RoutingConfig?.AdditionalVersionWeights, alias.functionVersion);
        if (additional) alias.additional = additional;
        await assertVersions(tx, fn, alias);
        if (!(await tx.documents<Alias>(ALIASES).create(qualifiedId(named.id, alias.name), alias))) throw aliasExists(qualified(named.arn, alias.name));
      });
      return aliasConfiguration(alias);
    },

    async GetAlias(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "GetAlias");
      const alias = await stores.documents<Alias>(ALIASES).get(qualifiedId(named.id, input.Name));
      if (!alias) throw aliasNotFound(qualified(named.arn, input.Name));
      return aliasConfiguration(alias);
    },

    async UpdateAlias(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "UpdateAlias");
      const revisionId = ids.uuid();
      const after = await stores.transaction(async (tx) => {
        const fn = await held(tx, named);
        if (!fn) throw functionNotFound(named.arn);
        const aliases = tx.documents<Alias>(ALIASES);
        const before = await aliases.get(qualifiedId(named.id, input.Name));
        if (!before) throw aliasToUpdateNotFound(qualified(named.arn, input.Name));
        if (input.RevisionId && input.RevisionId !== before.revisionId) throw revisionMismatch();
        const { additional: kept, ...rest } = before;
        const alias: Alias = { ...rest, functionVersion: input.FunctionVersion ?? before.functionVersion, description: input.Description ?? before.description, revisionId };
        const weights = input.RoutingConfig ? input.RoutingConfig.AdditionalVersionWeights : kept && { [kept.version]: kept.weight };
        const additional = additionalOf(weights, alias.functionVersion);
        if (additional) alias.additional = additional;
        await assertVersions(tx, fn, alias);
        if (alias.functionVersion === "$LATEST" && (await tx.documents(PROVISIONED).get(qualifiedId(named.id, alias.name)))) throw provisionedUnpublished();
        await aliases.put(qualifiedId(named.id, alias.name), alias);
        return alias;
      });
      await provisioner.refresh(named.id); // provisioned concurrency moves with the alias
      return aliasConfiguration(after);
    },

    async DeleteAlias(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "DeleteAlias");
      await stores.transaction(async (tx) => {
        const fn = await held(tx, named);
        if (!fn) throw functionNotFound(named.arn);
        // An alias that is not there is deleted, too (observed).
        if (await tx.documents<Alias>(ALIASES).delete(qualifiedId(named.id, input.Name))) await deleteQualified(tx, fn, input.Name);
      });
      await provisioner.refresh(named.id);
      return {};
    },

    async ListAliases(input, call) {
      const { named } = await findFunction(ports, resolveUnqualified(input.FunctionName, call).arn, undefined, call, "ListAliases");
      const prefix = `${named.id}/`;
      const shown = (alias: Alias): boolean => input.FunctionVersion === undefined || alias.functionVersion === input.FunctionVersion;
      const page = await listPage<Alias>(stores, { kind: ALIASES, prefix, marker: input.Marker, maxItems: input.MaxItems });
      return { Aliases: page.found.filter(shown).map(aliasConfiguration), ...(page.next ? { NextMarker: page.next } : {}) };
    },
  };
}

/** The function, kept from others until the transaction ends, so that no version it has now is deleted meanwhile. */
const held = (tx: Tx, named: Named): Promise<LambdaFunction | undefined> => tx.documents<LambdaFunction>(FUNCTIONS).update(named.id, (same) => same);

async function assertVersions(tx: Tx, fn: LambdaFunction, { functionVersion, additional }: Alias): Promise<void> {
  const find = async (number: string) => {
    const version = number === "$LATEST" ? fn : await findVersion(tx, idOf(fn), number);
    if (!version) throw functionNotFound(qualified(fn.arn, number));
    return version;
  };
  const first = await find(functionVersion);
  if (additional) assertAlike(first, await find(additional.version));
}
