// Configuring function URLs. What answers at them is the gateway. https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import { LOWER_ALPHANUMERIC } from "../../../kernel/ids.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { functionNotFound } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction } from "../function.ts";
import { admit, follow } from "../lookup.ts";
import { type Named, qualified, qualifiedId, resolveName } from "../name.ts";
import { listPage } from "../page.ts";
import { corsOf, type StoredUrl, URL_IDS, type UrlId, urlConfig, URLS } from "../url.ts";
import { functionDoesNotExist, urlExists, urlForTenants, urlMissing } from "../url-errors.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda, "CreateFunctionUrlConfig" | "UpdateFunctionUrlConfig" | "GetFunctionUrlConfig" | "DeleteFunctionUrlConfig" | "ListFunctionUrlConfigs">;

const URL_ID_LENGTH = 32;

export function urlOperations(ports: RoomPorts): Operations {
  const { stores, ids, urlAddresses } = ports;
  const urls = stores.documents<StoredUrl>(URLS);

  const find = async (input: { FunctionName: string; Qualifier?: string | undefined }, call: Call, action: string): Promise<{ named: Named; id: string; arn: string }> => {
    const named = resolveName(input.FunctionName, input.Qualifier, call);
    await admit(ports, named, call, action);
    return { named, id: qualifiedId(named.id, named.qualifier ?? "$LATEST"), arn: qualified(named.arn, named.qualifier) };
  };
  const shown = async (url: StoredUrl) => urlConfig(url, await urlAddresses.address(url.urlId, url.region));

  return {
    async CreateFunctionUrlConfig(input, call) {
      const { named, id, arn } = await find(input, call, "CreateFunctionUrlConfig");
      const nowMs = call.now.getTime();
      const url: StoredUrl = {
        urlId: ids.token(URL_ID_LENGTH, LOWER_ALPHANUMERIC), account: named.account, region: named.region, functionArn: arn, authType: input.AuthType, invokeMode: input.InvokeMode ?? "BUFFERED",
        createdMs: nowMs, modifiedMs: nowMs,
      };
      const cors = corsOf(input.Cors);
      if (cors) url.cors = cors;
      await stores.transaction(async (tx) => {
        const fn = await tx.documents<LambdaFunction>(FUNCTIONS).update(named.id, (same) => same); // locks it
        if (!fn) throw functionDoesNotExist();
        if (named.qualifier !== undefined && !(await follow(tx, fn, named.qualifier))) throw functionNotFound(arn);
        if (fn.settings.tenantIsolation) throw urlForTenants();
        if (!(await tx.documents<StoredUrl>(URLS).create(id, url))) throw urlExists(arn);
        await tx.documents<UrlId>(URL_IDS).put(url.urlId, { id });
      });
      const { LastModifiedTime: _, ...created } = await shown(url);
      return created;
    },

    async UpdateFunctionUrlConfig(input, call) {
      const { id } = await find(input, call, "UpdateFunctionUrlConfig");
      const after = await urls.update(id, (before) => ({
        ...before,
        authType: input.AuthType ?? before.authType,
        invokeMode: input.InvokeMode ?? before.invokeMode,
        ...(input.Cors ? { cors: corsOf(input.Cors)! } : {}),
        modifiedMs: call.now.getTime(),
      }));
      if (!after) throw urlMissing();
      return shown(after);
    },

    async GetFunctionUrlConfig(input, call) {
      const { id } = await find(input, call, "GetFunctionUrlConfig");
      const url = await urls.get(id);
      if (!url) throw urlMissing();
      return shown(url);
    },

    async DeleteFunctionUrlConfig(input, call) {
      const { id } = await find(input, call, "DeleteFunctionUrlConfig");
      await stores.transaction(async (tx) => {
        const url = await tx.documents<StoredUrl>(URLS).get(id);
        if (!url || !(await tx.documents<StoredUrl>(URLS).delete(id))) throw urlMissing();
        await tx.documents<UrlId>(URL_IDS).delete(url.urlId);
      });
      return {};
    },

    async ListFunctionUrlConfigs(input, call) {
      const { named } = await find(input, call, "ListFunctionUrlConfigs");
      if (!(await stores.documents<LambdaFunction>(FUNCTIONS).get(named.id))) throw functionDoesNotExist();
      const { found, next } = await listPage<StoredUrl>(stores, { kind: URLS, prefix: `${named.id}/`, marker: input.Marker, maxItems: input.MaxItems });
      return { FunctionUrlConfigs: await Promise.all(found.map(shown)), ...(next === undefined ? {} : { NextMarker: next }) };
    },
  };
}
