// Creating, reading, listing and deleting functions.
import type { FunctionCodeLocation } from "@aws-sdk/client-lambda";
import { LAMBDA } from "../../../kernel/limits.ts";
import { decodePageToken, encodePageToken } from "../../../kernel/page.ts";
import type { Stores } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { readZip } from "../code.ts";
import { badMarker, codeMissing, functionExists, functionNotFound, invalidParameter, latestNotDeletable } from "../errors.ts";
import { configuration, createdConfiguration, FUNCTIONS, type LambdaFunction, listedConfiguration, newFunction } from "../function.ts";
import { findFunction } from "../functions.ts";
import { documentId, qualified, resolveName, resolveUnqualified } from "../name.ts";
import { newSettings } from "../settings.ts";
import { checkTagCount } from "../tags.ts";
import { beginTransition } from "../transitions.ts";
import type { UnusedCode } from "../unused-code.ts";
import { refuseUnsupported } from "../unsupported.ts";
import { addUsage, NO_USAGE, USAGE, type Usage, usageId } from "../usage.ts";

type Lambda = Api<typeof import("@aws-sdk/client-lambda")>;
type Operations = Pick<Lambda, "CreateFunction" | "GetFunction" | "GetFunctionConfiguration" | "ListFunctions" | "ListVersionsByFunction" | "DeleteFunction" | "GetAccountSettings">;

/** Whatever MaxItems says (API_ListFunctions). */
const PAGE_MAX = 50;

export function functionOperations({ stores, code, ids }: RoomPorts, unused: UnusedCode): Operations {
  return {
    async CreateFunction(input, call) {
      const named = resolveUnqualified(input.FunctionName, call, "CreateFunction");
      refuseUnsupported(input);
      const settings = newSettings(input, named.name);
      const tags = checkTagCount(input.Tags ?? {});
      const zip = input.Code.ZipFile;
      if (!zip) throw codeMissing();
      if (await stores.documents<LambdaFunction>(FUNCTIONS).get(named.id)) throw functionExists(named.name);
      const revisionId = ids.uuid();
      return unused.whileAdding(async () => {
        const added = await readZip(zip, code.add);
        const fn = newFunction({ named, account: call.account, region: call.region, settings, code: added, tags, revisionId, nowMs: call.now.getTime() });
        await stores.transaction(async (tx) => {
          if (!(await tx.documents<LambdaFunction>(FUNCTIONS).create(named.id, fn))) throw functionExists(named.name);
          await addUsage(tx, call, { functions: 1, codeBytes: added.sizeBytes });
          await beginTransition(tx, { id: named.id, revisionId }, call.now.getTime());
        });
        return createdConfiguration(fn);
      });
    },

    async GetFunction(input, call) {
      const { fn, named } = await findFunction(stores, input.FunctionName, input.Qualifier, call, "GetFunction");
      const location: FunctionCodeLocation = { RepositoryType: "S3", Location: code.downloadUrl(fn.code.id) };
      return {
        Configuration: configuration(fn, named.qualifier),
        Code: location,
        ...(Object.keys(fn.tags).length ? { Tags: fn.tags } : {}),
      };
    },

    async GetFunctionConfiguration(input, call) {
      const { fn, named } = await findFunction(stores, input.FunctionName, input.Qualifier, call, "GetFunctionConfiguration");
      return configuration(fn, named.qualifier);
    },

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

    async DeleteFunction(input, call) {
      const named = resolveName(input.FunctionName, input.Qualifier, call, "DeleteFunction");
      if (named.qualifier === "$LATEST") throw latestNotDeletable();
      if (named.qualifier !== undefined) throw functionNotFound(qualified(named.arn, named.qualifier));
      await stores.transaction(async (tx) => {
        const functions = tx.documents<LambdaFunction>(FUNCTIONS);
        const fn = await functions.get(named.id);
        if (!fn || !(await functions.delete(named.id))) throw functionNotFound(named.arn);
        await addUsage(tx, call, { functions: -1, codeBytes: -fn.code.sizeBytes });
        await unused.sweepLater(tx, call.now.getTime());
      });
      return { StatusCode: 204 };
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
