// Changing a function's code and settings.
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { type CodeReader, codeSourceIn } from "../code.ts";
import { checkSigned } from "../code-signing.ts";
import { putOnProvider } from "../capacity-providers/on-provider.ts";
import { checkDeadLetterTarget } from "../destinations.ts";
import { codeMissing, functionNotFound, imageForZip } from "../errors.ts";
import { addImage } from "../image.ts";
import { codeForImage, zipForImage } from "../image-errors.ts";
import { assertChangeable, changed, type Code, configuration, FUNCTIONS, type LambdaFunction, type Version } from "../function.ts";
import { assertFits, layersFor, withLayers } from "../layer-lookup.ts";
import { admit, findFunction } from "../lookup.ts";
import { type Named, resolveUnqualified } from "../name.ts";
import { checkPublishTo, publish } from "../publish.ts";
import { checkRole } from "../role.ts";
import { assertRuntimeFree, newestFor, shownRuntime, updatedRuntime } from "../runtime-management.ts";
import { changedSettings, type LayerOfFunction, type Settings } from "../settings.ts";
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
  code?: Code;
  /** Others than before; the code of those may be nobody's any more. */
  layers?: LayerOfFunction[] | undefined;
  settings(before: Settings): Settings;
  publish?: boolean | undefined;
  publishTo?: "LATEST_PUBLISHED" | undefined;
}

export function updateOperations(ports: RoomPorts, unused: UnusedCode, codeReader: CodeReader): Pick<Lambda, "UpdateFunctionCode" | "UpdateFunctionConfiguration"> {
  const { stores, code, ids } = ports;

  /** The version that the caller is shown: `$LATEST`, or the one that was published along. */
  const apply = async ({ named, call, revisionId, code: added, layers, settings, publish: publishing, publishTo }: Update): Promise<Version> => {
    const next = ids.uuid();
    const nowMs = call.now.getTime();
    const standing = await stores.documents<LambdaFunction>(FUNCTIONS).get(named.id);
    const newest = standing?.runtimeManagement?.updateOn === "FunctionUpdate" ? await newestFor(ports, settings(standing.settings)) : undefined;
    return stores.transaction(async (tx) => {
      let codeBytesBefore = 0;
      const fn = await tx.documents<LambdaFunction>(FUNCTIONS).update(named.id, (before) => {
        assertChangeable(before, revisionId);
        codeBytesBefore = before.code.sizeBytes;
        const becomes = withLayers(settings(before.settings), layers);
        const after = changed(before, { settings: becomes, runtimeManagement: updatedRuntime(before, becomes, newest), revisionId: next, nowMs, ...(added ? { code: added } : {}) });
        assertFits(after);
        return after;
      });
      if (!fn) throw functionNotFound(named.arn);
      if (fn.settings.managed) await putOnProvider(tx, fn, "$LATEST");
      if (added) await addUsage(tx, named, { codeBytes: added.sizeBytes - codeBytesBefore });
      if (added || layers) await unused.sweepLater(tx, nowMs);
      const published = publishing ? await publish(tx, ids, fn, { nowMs, to: publishTo }) : undefined;
      await beginTransition(tx, { id: named.id, revisionId: (published?.fn ?? fn).revisionId, ...(published?.newId ? { versionId: published.newId } : {}) }, nowMs);
      return published?.version ?? fn;
    });
  };

  /** A published version's ARN carries its number (observed). */
  const shown = async (version: Version) => ({ ...configuration(version, version.version === "$LATEST" ? undefined : version.version), ...(await shownRuntime(ports, version)) });

  /** Layers that the function has already are not looked at again. */
  const checkSignedLayers = async (named: Named, layers: LayerOfFunction[]): Promise<void> => {
    const fn = await stores.documents<LambdaFunction>(FUNCTIONS).get(named.id);
    if (fn && layers.some(({ arn }) => !fn.settings.layers?.some((had) => had.arn === arn))) await checkSigned(ports, fn);
  };

  return {
    async UpdateFunctionCode(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "UpdateFunctionCode");
      const { fn } = await findFunction(ports, named.arn, undefined, call, "UpdateFunctionCode");
      const isImage = fn.settings.image !== undefined;
      if (input.ImageUri && !isImage) throw imageForZip();
      if (!input.ImageUri && isImage) throw zipForImage();
      refuseUnsupported(input);
      checkPublishTo(input, fn.settings);
      const given = codeSourceIn(input);
      if (!given && !isImage) throw codeMissing();
      if (given && isImage) throw codeForImage();
      assertChangeable(fn, input.RevisionId);
      const settings = (before: Settings): Settings => ({ ...before, architecture: input.Architectures?.[0] ?? before.architecture });
      assertRuntimeFree(fn, settings(fn.settings));
      await checkSigned(ports, fn);
      const source = (read: typeof code.add): Promise<Code> => (isImage ? addImage(ports, input.ImageUri!, settings(fn.settings).architecture) : codeReader.read(given!, call, read));
      if (input.DryRun) {
        const checked = await source(code.check);
        assertFits({ ...fn, code: checked });
        return shown({ ...fn, settings: settings(fn.settings), code: checked });
      }
      return unused.whileAdding(async () => shown(await apply({ named, call, revisionId: input.RevisionId, code: await source(code.add), settings, publish: input.Publish, publishTo: input.PublishTo })));
    },

    async UpdateFunctionConfiguration(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      await admit(ports, named, call, "UpdateFunctionConfiguration");
      refuseUnsupported(input);
      await checkRole(ports, input.Role, call);
      if (input.DeadLetterConfig?.TargetArn) {
        const { fn } = await findFunction(ports, named.arn, undefined, call, "UpdateFunctionConfiguration");
        await checkDeadLetterTarget(ports, input.DeadLetterConfig.TargetArn, input.Role ?? fn.settings.role);
      }
      const work = async () => {
        const layers = input.Layers && (await layersFor(ports, input.Layers, call));
        if (layers) await checkSignedLayers(named, layers);
        return shown(await apply({ named, call, revisionId: input.RevisionId, layers, settings: (before) => changedSettings(before, input) }));
      };
      return input.Layers ? unused.whileAdding(work) : work();
    },
  };
}
