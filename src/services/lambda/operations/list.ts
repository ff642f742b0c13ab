// What an account has: its functions, page by page, and its limits.
// https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { LAMBDA } from "../../../kernel/limits.ts";
import { decodePageToken, encodePageToken } from "../../../kernel/page.ts";
import type { Stores } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { badMarker, invalidParameter } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction, listedConfiguration, type Version } from "../function.ts";
import { documentId } from "../name.ts";
import { NO_USAGE, USAGE, type Usage, unreserved, usageId } from "../usage.ts";
import { VERSIONS } from "../version.ts";

type Lambda = Api<typeof Sdk>;

/** Whatever MaxItems says. */
const PAGE_MAX = 50;

export function listOperations({ stores }: RoomPorts): Pick<Lambda, "ListFunctions" | "GetAccountSettings"> {
  return {
    async ListFunctions(input, call) {
      if (input.MasterRegion !== undefined) {
        if (input.FunctionVersion !== "ALL") throw invalidParameter("FunctionVersion must be ALL when MasterRegion is given.");
        return { Functions: [] }; // it asks for Lambda@Edge replicas, and there are none
      }
      const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
      const after = placeOf(input.Marker);
      const entries = await (input.FunctionVersion === "ALL" ? versionsAfter : functionsAfter)(stores, documentId(call.account, call.region, ""), after, limit + 1);
      const next = entries.length > limit ? entries[limit - 1]!.place : undefined;
      return { Functions: entries.slice(0, limit).map(({ shown }) => shown), ...(next === undefined ? {} : { NextMarker: encodePageToken(next) }) };
    },

    async GetAccountSettings(_input, call) {
      const usage = (await stores.documents<Usage>(USAGE).get(usageId(call))) ?? NO_USAGE;
      return {
        AccountLimit: {
          TotalCodeSize: LAMBDA.codeStorageBytes,
          CodeSizeUnzipped: LAMBDA.unzippedBytesMax,
          CodeSizeZipped: LAMBDA.zipBytesMax,
          ConcurrentExecutions: LAMBDA.concurrentExecutions,
          UnreservedConcurrentExecutions: unreserved(usage),
        },
        AccountUsage: { TotalCodeSize: usage.codeBytes, FunctionCount: usage.functions },
      };
    },
  };
}

/** A line of the list, and the name (and version) to go on after. */
interface Entry {
  place: string;
  shown: FunctionConfiguration;
}

/** A function's name; in lists of all versions with the version's padded number behind it, or nothing after the slash for `$LATEST`. */
function placeOf(marker: string | undefined): string | undefined {
  if (!marker) return undefined;
  const place = decodePageToken(marker);
  if (place === undefined || !/^[\w.-]{1,64}(\/(\d{0,10}|\$LATEST\.PUBLISHED))?$/.test(place)) throw badMarker();
  return place;
}

const list = <T>(stores: Stores, kind: string, prefix: string, after: string | undefined, limit: number) =>
  stores.documents<T>(kind).list({ prefix, limit, ...(after === undefined ? {} : { after: prefix + after }) });

async function functionsAfter(stores: Stores, prefix: string, after: string | undefined, limit: number): Promise<Entry[]> {
  const rows = await list<LambdaFunction>(stores, FUNCTIONS, prefix, after, limit);
  return rows.map(([, fn]) => ({ place: fn.name, shown: listedConfiguration(fn, undefined) }));
}

async function versionsAfter(stores: Stores, prefix: string, after: string | undefined, limit: number): Promise<Entry[]> {
  const [name, number = ""] = after?.split("/") ?? [];
  const versionsOf = async (of: string, past: string, most: number): Promise<Entry[]> =>
    (await list<Version>(stores, VERSIONS, `${prefix}${of}/`, past || undefined, most)).map(([id, version]) => ({ place: id.slice(prefix.length), shown: listedConfiguration(version, version.version) }));
  const entries = name === undefined ? [] : await versionsOf(name, number, limit);
  for (const [, fn] of await list<LambdaFunction>(stores, FUNCTIONS, prefix, name, limit)) {
    if (entries.length >= limit) break;
    entries.push({ place: `${fn.name}/`, shown: listedConfiguration(fn, "$LATEST") });
    if (entries.length < limit) entries.push(...(await versionsOf(fn.name, "", limit - entries.length)));
  }
  return entries;
}
