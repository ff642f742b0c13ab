// Creating, reading and deleting functions. https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { FunctionCodeLocation } from "@aws-sdk/client-lambda";
import type { Api, RoomPorts } from "../../service.ts";
import { readZip } from "../code.ts";
import { codeMissing, functionExists, functionNotFound, latestNotDeletable } from "../errors.ts";
import { configuration, createdConfiguration, FUNCTIONS, type LambdaFunction, newFunction } from "../function.ts";
import { findFunction } from "../lookup.ts";
import { qualified, resolveName, resolveUnqualified } from "../name.ts";
import { newSettings } from "../settings.ts";
import { checkTagCount } from "../tags.ts";
import { beginTransition } from "../transitions.ts";
import type { UnusedCode } from "../unused-code.ts";
import { refuseUnsupported } from "../unsupported.ts";
import { addUsage } from "../usage.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda, "CreateFunction" | "GetFunction" | "GetFunctionConfiguration" | "DeleteFunction">;

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
  };
}
