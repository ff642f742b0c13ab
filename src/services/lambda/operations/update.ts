// Changing a function's code and settings.
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import type { CodePackage } from "../../../ports/code.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { readZip } from "../code.ts";
import { checkDeadLetterTarget } from "../destinations.ts";
import { codeMissing, functionNotFound, imageForZip } from "../errors.ts";
import { assertChangeable, changed, configuration, FUNCTIONS, type LambdaFunction, type Version } from "../function.ts";
import { admit, findFunction } from "../lookup.ts";
import { type Named, resolveUnqualified } from "../name.ts";
import { publish } from "../publish.ts";
import { checkRole } from "../role.ts";
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
  publish?: boolean | undefined;
}

export function updateOperations(ports: RoomPorts, unused: UnusedCode): Pick<Lambda, "UpdateFunctionCode" | "UpdateFunctionConfiguration"> {
  const { stores, code, ids } = ports;

  /** The version that the caller is shown: `$LATEST`, or the one that was published along. */
  const apply = async ({ named, call, revisionId, code: added, settings, publish: publishing }: Update): Promise<Version> => {
    const next = ids.uuid();
    const nowMs = call.now.getTime();
    return stores.transaction(async (tx) => {
      let codeBytesBefore = 0;
      const fn = await tx.documents<LambdaFunction>(FUNCTIONS).update(named.id, (before) => {
        assertChangeable(before, revisionId);
        codeBytesBefore = before.code.sizeBytes;
        return changed(before, { settings: settings(before.settings), revisionId: next, nowMs, ...(added ? { code: added } : {}) });
      });
      if (!fn) throw functionNotFound(named.arn);
      if (added) {
        await addUsage(tx, named, { codeBytes: added.sizeBytes - codeBytesBefore });
        await unused.sweepLater(tx, nowMs);
      }
      const published = publishing ? await publish(tx, ids, fn, { nowMs }) : undefined;
      await beginTransition(tx, { id: named.id, revisionId: (published?.fn ?? fn).revisionId, ...(published?.newId ? { versionId: published.newId } : {}) }, nowMs);
      return published?.version ?? fn;
    });
  };

  return {
    async UpdateFunctionCode(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "UpdateFunctionCode");
      if (input.ImageUri) throw imageForZip();
      refuseUnsupported(input);
      const zip = input.ZipFile;
      if (!zip) throw codeMissing();
      const { fn } = await findFunction(ports, named.arn, undefined, call, "UpdateFunctionCode");
      assertChangeable(fn, input.RevisionId);
      const settings = (before: Settings): Settings => ({ ...before, architecture: input.Architectures?.[0] ?? before.architecture });
      if (input.DryRun) {
        const checked = await readZip(zip, code.check);
        return configuration({ ...fn, settings: settings(fn.settings), code: checked });
      }
      return unused.whileAdding(async () => shown(await apply({ named, call, revisionId: input.RevisionId, code: await readZip(zip, code.add), settings, publish: input.Publish })));
    },

    async UpdateFunctionConfiguration(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "UpdateFunctionConfiguration");
      refuseUnsupported(input);
      await checkRole(ports, input.Role, call);
      await checkDeadLetterTarget(ports, input.DeadLetterConfig?.TargetArn);
      return shown(await apply({ named, call, revisionId: input.RevisionId, settings: (before) => changedSettings(before, input) }));
    },
  };
}

/** A published version's ARN carries its number (observed). */
const shown = (version: Version) => configuration(version, version.version === "$LATEST" ? undefined : version.version);
