// What an account has: its functions, page by page, and its limits.
// https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html
import type * as Sdk from "@aws-sdk/client-lambda";
import { LAMBDA } from "../../../kernel/limits.ts";
import { decodePageToken, encodePageToken } from "../../../kernel/page.ts";
import type { Stores } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { badMarker, invalidParameter } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction, listedConfiguration } from "../function.ts";
import { findFunction } from "../lookup.ts";
import { documentId } from "../name.ts";
import { NO_USAGE, USAGE, type Usage, usageId } from "../usage.ts";

type Lambda = Api<typeof Sdk>;

/** Whatever MaxItems says. */
const PAGE_MAX = 50;

export function listOperations({ stores }: RoomPorts): Pick<Lambda, "ListFunctions" | "ListVersionsByFunction" | "GetAccountSettings"> {
  return {
    async ListFunctions(input, call) {
      if (input.MasterRegion !== undefined) {
        if (input.FunctionVersion !== "ALL") throw invalidParameter("FunctionVersion must be ALL when MasterRegion is given.");
        return { Functions: [] }; // it asks for Lambda@Edge replicas, and there are none
      }
      const page = await listFunctions(stores, documentId(call.account, call.region, ""), input.Marker, Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX));
      const qualifier = input.FunctionVersion === "ALL" ? "$LATEST" : undefined;
      return { Functions: page.found.map((fn) => listedConfiguration(fn, qualifier)), ...(page.next ? { NextMarker: page.next } : {}) };
    },

    async ListVersionsByFunction(input, call) {
      const { fn } = await findFunction(stores, input.FunctionName, undefined, call, "ListVersionsByFunction");
      if (input.Marker) throw badMarker();
      return { Versions: [listedConfiguration(fn, "$LATEST")] };
    },

    async GetAccountSettings(_input, call) {
      const usage = (await stores.documents<Usage>(USAGE).get(usageId(call))) ?? NO_USAGE;
      return {
        AccountLimit: {
          TotalCodeSize: LAMBDA.codeStorageBytes,
          CodeSizeUnzipped: LAMBDA.unzippedBytesMax,
          CodeSizeZipped: LAMBDA.zipBytesMax,
          ConcurrentExecutions: LAMBDA.concurrentExecutions,
          UnreservedConcurrentExecutions: LAMBDA.concurrentExecutions,
        },
        AccountUsage: { TotalCodeSize: usage.codeBytes, FunctionCount: usage.functions },
      };
    },
  };
}

async function listFunctions(stores: Stores, prefix: string, marker: string | undefined, limit: number): Promise<{ found: LambdaFunction[]; next?: string }> {
  const after = marker ? decodePageToken(marker) : undefined;
  if (marker && (after === undefined || !/^[\w.-]{1,64}$/.test(after))) throw badMarker();
  const rows = await stores.documents<LambdaFunction>(FUNCTIONS).list({ prefix, limit: limit + 1, ...(after === undefined ? {} : { after: prefix + after }) });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1)?.[1].name;
  return { found: shown.map(([, fn]) => fn), ...(rows.length > limit && last !== undefined ? { next: encodePageToken(last) } : {}) };
}
