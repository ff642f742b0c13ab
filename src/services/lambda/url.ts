// A function's URL: what is stored of it, and how AWS shows it. No storage or clock.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
import type { Cors, FunctionUrlConfig } from "@aws-sdk/client-lambda";
import type { FunctionUrl, FunctionUrlCors, FunctionUrls } from "../../ports/function-urls.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { LambdaFunction } from "./function.ts";
import { idOf } from "./lookup.ts";
import { qualifiedId } from "./name.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME/QUALIFIER, the qualifier "$LATEST" for the function's own. */
export const URLS = "lambda/url";
/** Documents of this kind have the URL's id, and hold the id of its document. */
export const URL_IDS = "lambda/url-id";

export interface StoredUrl extends FunctionUrl {
  createdMs: number;
  modifiedMs: number;
}

export interface UrlId {
  id: string;
}

/** Text with the AWS CLI's names in, our shape out; empty lists are kept, as AWS keeps them. */
export function corsOf(given: Cors | undefined): FunctionUrlCors | undefined {
  if (!given) return undefined;
  const { AllowCredentials, AllowHeaders, AllowMethods, AllowOrigins, ExposeHeaders, MaxAge } = given;
  return {
    ...(AllowCredentials === undefined ? {} : { allowCredentials: AllowCredentials }),
    ...(AllowHeaders ? { allowHeaders: AllowHeaders } : {}),
    ...(AllowMethods ? { allowMethods: AllowMethods } : {}),
    ...(AllowOrigins ? { allowOrigins: AllowOrigins } : {}),
    ...(ExposeHeaders ? { exposeHeaders: ExposeHeaders } : {}),
    ...(MaxAge === undefined ? {} : { maxAgeSeconds: MaxAge }),
  };
}

function shownCors({ allowCredentials, allowHeaders, allowMethods, allowOrigins, exposeHeaders, maxAgeSeconds }: FunctionUrlCors): Cors {
  return {
    ...(allowCredentials === undefined ? {} : { AllowCredentials: allowCredentials }),
    ...(allowHeaders ? { AllowHeaders: [...allowHeaders] } : {}),
    ...(allowMethods ? { AllowMethods: [...allowMethods] } : {}),
    ...(allowOrigins ? { AllowOrigins: [...allowOrigins] } : {}),
    ...(exposeHeaders ? { ExposeHeaders: [...exposeHeaders] } : {}),
    ...(maxAgeSeconds === undefined ? {} : { MaxAge: maxAgeSeconds }),
  };
}

/** Times are ISO texts here (API_GetFunctionUrlConfig). */
export const urlConfig = (url: StoredUrl, address: string): FunctionUrlConfig => ({
  FunctionUrl: address,
  FunctionArn: url.functionArn,
  AuthType: url.authType,
  ...(url.cors ? { Cors: shownCors(url.cors) } : {}),
  CreationTime: new Date(url.createdMs).toISOString(),
  LastModifiedTime: new Date(url.modifiedMs).toISOString(),
  InvokeMode: url.invokeMode,
});

/** How the gateway finds a URL: two cached reads. */
export function openFunctionUrls({ stores }: { stores: Stores }): FunctionUrls {
  return {
    async find(urlId) {
      const found = await stores.documents<UrlId>(URL_IDS).get(urlId);
      return found && stores.documents<StoredUrl>(URLS).get(found.id);
    },
  };
}

/** The index goes with its function or alias; the documents themselves are belongings like others. */
export async function forgetUrlIds(tx: Tx, fn: LambdaFunction, qualifier: string | undefined): Promise<void> {
  const urls = tx.documents<StoredUrl>(URLS);
  const one = qualifier === undefined ? undefined : await urls.get(qualifiedId(idOf(fn), qualifier));
  const gone = qualifier === undefined ? (await urls.list({ prefix: `${idOf(fn)}/`, limit: 10_000 })).map(([, url]) => url) : one ? [one] : [];
  for (const { urlId } of gone) await tx.documents<UrlId>(URL_IDS).delete(urlId);
}
