// Changing a function's code and settings.
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import type { CodePackage } from "../../../ports/code.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { readZip } from "../code.ts";
import { codeMissing, functionNotFound, imageForZip } from "../errors.ts";
import { assertChangeable, changed, configuration, FUNCTIONS, type LambdaFunction } from "../function.ts";
import { findFunction } from "../lookup.ts";
import { type Named, resolveUnqualified } from "../name.ts";
import { changedSettings, type Settings } from "../settings.ts";
import { beginTransition } from "../transitions.ts";
import type { UnusedCode } from "../unused-code.ts";
import { refuseUnsupported } from "../unsupported.ts";
import { addUsage } from "../usage.ts";

type Lambda = Api<typeof Sdk>;

interface Update {
  named: Named;
  call: Call;
  /** What the caller believes to be current. */
  revisionId: string | undefined;
  code?: CodePackage;
  settings(before: Settings): Settings;
}

export function updateOperations({ stores, code, ids }: RoomPorts, unused: UnusedCode): Pick<Lambda, "UpdateFunctionCode" | "UpdateFunctionConfiguration"> {
  const apply = async ({ named, call, revisionId, code: added, settings }: Update) => {
    const next = ids.uuid();
    const nowMs = call.now.getTime();
    const after = await stores.transaction(async (tx) => {
      let codeBytesBefore = 0;
      const fn = await tx.documents<LambdaFunction>(FUNCTIONS).update(named.id, (before) => {
        assertChangeable(before, revisionId);
        codeBytesBefore = before.code.sizeBytes;
        return changed(before, { settings: settings(before.settings), revisionId: next, nowMs, ...(added ? { code: added } : {}) });
      });
      if (!fn) throw functionNotFound(named.arn);
      if (added) {
        await addUsage(tx, call, { functions: 0, codeBytes: added.sizeBytes - codeBytesBefore });
        await unused.sweepLater(tx, nowMs);
      }
      await beginTransition(tx, { id: named.id, revisionId: next }, nowMs);
      return fn;
    });
    return configuration(after);
  };

  return {
    async UpdateFunctionCode(input, call) {
      const named = resolveUnqualified(input.FunctionName, call, "UpdateFunctionCode");
      if (input.ImageUri) throw imageForZip();
      refuseUnsupported(input);
      const zip = input.ZipFile;
      if (!zip) throw codeMissing();
      const { fn } = await findFunction(stores, named.name, undefined, call, "UpdateFunctionCode");
      assertChangeable(fn, input.RevisionId);
      const settings = (before: Settings): Settings => ({ ...before, architecture: input.Architectures?.[0] ?? before.architecture });
      if (input.DryRun) {
        const checked = await readZip(zip, code.check);
        return configuration({ ...fn, settings: settings(fn.settings), code: checked });
      }
      return unused.whileAdding(async () => apply({ named, call, revisionId: input.RevisionId, code: await readZip(zip, code.add), settings }));
    },

    async UpdateFunctionConfiguration(input, call) {
      const named = resolveUnqualified(input.FunctionName, call, "UpdateFunctionConfiguration");
      refuseUnsupported(input);
      return apply({ named, call, revisionId: input.RevisionId, settings: (before) => changedSettings(before, input) });
    },
  };
}
