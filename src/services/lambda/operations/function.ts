// Creating, reading and deleting functions. https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { FunctionCodeLocation } from "@aws-sdk/client-lambda";
import type { Tx } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { checkProvider, putOnProvider } from "../capacity-providers/on-provider.ts";
import { settleLater } from "../capacity-providers/settling.ts";
import { type CodeReader, codeSourceIn } from "../code.ts";
import { attachConfig, checkSigned } from "../code-signing.ts";
import { signingOfImages } from "../code-signing-errors.ts";
import { assertUnaliased, beginDeleting, deleteAll, deleteVersion, deletingOf } from "../deleting.ts";
import { checkDeadLetterTarget } from "../destinations.ts";
import { aliasesNotDeletable, codeMissing, functionExists, functionNotFound, latestNotDeletable, nameTooLong, otherAccount } from "../errors.ts";
import { configuration, createdConfiguration, FUNCTIONS, type LambdaFunction, newFunction, type Version } from "../function.ts";
import { addImage } from "../image.ts";
import { codeForImage } from "../image-errors.ts";
import { assertFits, layersFor, withLayers } from "../layer-lookup.ts";
import { admit, findFunction, findVersion, idOf } from "../lookup.ts";
import { isNumber, resolveName, resolveUnqualified } from "../name.ts";
import { checkPublishTo, publish } from "../publish.ts";
import { checkRole } from "../role.ts";
import { shownRuntime } from "../runtime-management.ts";
import { newSettings } from "../settings.ts";
import { checkTags } from "../tags.ts";
import { beginTransition } from "../transitions.ts";
import type { UnusedCode } from "../unused-code.ts";
import { refuseUnsupported } from "../unsupported.ts";
import type { Provisioner } from "../provisioner.ts";
import { addUsage } from "../usage.ts";
import { VERSIONS, versionId } from "../version.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda, "CreateFunction" | "GetFunction" | "GetFunctionConfiguration" | "DeleteFunction">;

export function functionOperations(ports: RoomPorts, unused: UnusedCode, provisioner: Provisioner, codeReader: CodeReader): Operations {
  const { stores, code, ids } = ports;
  return {
    async CreateFunction(input, call) {
      const named = resolveUnqualified(input.FunctionName, call);
      if (named.account !== call.account) throw otherAccount(call.principal.arn, "CreateFunction", named.arn);
      if (named.name.length > NAME_LENGTH_MAX) throw nameTooLong(named.name);
      refuseUnsupported(input);
      const bare = newSettings(input, named.name);
      checkPublishTo(input, bare);
      await checkProvider(stores, { ...named, settings: bare });
      await checkRole(ports, input.Role, call);
      const tags = checkTags(input.Tags ?? {});
      const source = codeSourceIn(input.Code);
      if (!source && !bare.image) throw codeMissing();
      if (source && bare.image) throw codeForImage();
      await checkDeadLetterTarget(ports, bare.deadLetterArn, input.Role);
      const codeSigningConfigArn = input.CodeSigningConfigArn || undefined;
      if (codeSigningConfigArn && bare.image) throw signingOfImages();
      if (await stores.documents<LambdaFunction>(FUNCTIONS).get(named.id)) throw functionExists(named.name);
      await checkSigned(ports, { ...named, codeSigningConfigArn });
      const nowMs = call.now.getTime();
      return unused.whileAdding(async () => {
        const settings = withLayers(bare, input.Layers && (await layersFor(ports, input.Layers, call)));
        const added = settings.image ? await addImage(ports, input.Code.ImageUri!, settings.architecture) : await codeReader.read(source!, call, code.add);
        assertFits({ code: added, settings });
        const fn: LambdaFunction = { ...newFunction({ named, settings, code: added, tags, revisionId: ids.uuid(), nowMs }), ...(codeSigningConfigArn ? { codeSigningConfigArn } : {}) };
        const made = await stores.transaction(async (tx) => {
          if (!(await tx.documents<LambdaFunction>(FUNCTIONS).create(named.id, fn))) throw functionExists(named.name);
          if (codeSigningConfigArn) await attachConfig(tx, fn, codeSigningConfigArn);
          await addUsage(tx, named, { functions: 1, codeBytes: added.sizeBytes });
          if (settings.managed) await putOnProvider(tx, fn, "$LATEST");
          const first = input.Publish ? await publish(tx, ids, fn, { nowMs, to: input.PublishTo }) : undefined;
          await beginTransition(tx, { id: named.id, revisionId: (first?.fn ?? fn).revisionId, ...(first?.newId ? { versionId: first.newId } : {}) }, nowMs);
          return first?.version ?? fn;
        });
        return { ...createdConfiguration(made), ...(await shownRuntime(ports, made)) };
      });
    },

    async GetFunction(input, call) {
      const { fn, version, named } = await findFunction(ports, input.FunctionName, input.Qualifier, call, "GetFunction");
      const { image } = version.code;
      const location: FunctionCodeLocation = image ? { RepositoryType: "ECR", ImageUri: image.uri, ResolvedImageUri: image.resolvedUri } : { RepositoryType: "S3", Location: code.downloadUrl(version.code.id) };
      return {
        Configuration: { ...configuration(version, named.qualifier), ...(await shownRuntime(ports, version)) },
        Code: location,
        ...(Object.keys(fn.tags).length ? { Tags: fn.tags } : {}),
        ...(fn.reservedConcurrency === undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: fn.reservedConcurrency } }),
      };
    },

    async GetFunctionConfiguration(input, call) {
      const { version, named } = await findFunction(ports, input.FunctionName, input.Qualifier, call, "GetFunctionConfiguration");
      return { ...configuration(version, named.qualifier), ...(await shownRuntime(ports, version)) };
    },

    async DeleteFunction(input, call) {
      const named = resolveName(input.FunctionName, input.Qualifier, call);
      await admit(ports, named, call, "DeleteFunction");
      const { qualifier } = named;
      if (qualifier === "$LATEST") throw latestNotDeletable();
      if (qualifier !== undefined && !isNumber(qualifier) && !qualifier.startsWith("$")) throw aliasesNotDeletable();
      let managed = false;
      await stores.transaction(async (tx) => {
        const fn = await tx.documents<LambdaFunction>(FUNCTIONS).update(named.id, (same) => same);
        if (!fn) throw functionNotFound(named.arn);
        managed = fn.settings.managed !== undefined;
        if (managed) return deleteManaged(tx, fn, qualifier, call.now.getTime());
        await (qualifier === undefined ? deleteAll(tx, fn) : deleteOne(tx, fn, qualifier));
        await unused.sweepLater(tx, call.now.getTime());
      });
      await provisioner.refresh(named.id);
      return { StatusCode: managed ? 202 : 204 };
    },
  };

  /** A version that is not there is deleted, too (observed). */
  async function deleteOne(tx: Tx, fn: LambdaFunction, number: string): Promise<void> {
    const version = await findVersion(tx, idOf(fn), number);
    if (!version) return;
    await assertUnaliased(tx, fn, number);
    await deleteVersion(tx, fn, version);
  }

  /** Those on capacity providers are `Deleting` first. */
  async function deleteManaged(tx: Tx, fn: LambdaFunction, qualifier: string | undefined, nowMs: number): Promise<void> {
    if (fn.state === "Deleting") return;
    if (qualifier === undefined) return settleLater(tx, { kind: "delete", functionId: idOf(fn), revisionId: await beginDeleting(tx, ids, fn) }, nowMs);
    const version = await findVersion(tx, idOf(fn), qualifier);
    if (!version || version.state === "Deleting") return;
    await assertUnaliased(tx, fn, qualifier);
    const revisionId = ids.uuid();
    await tx.documents<Version>(VERSIONS).put(versionId(idOf(fn), qualifier), deletingOf(version, revisionId));
    await settleLater(tx, { kind: "delete", functionId: idOf(fn), qualifier, revisionId }, nowMs);
  }
}

/** Of a longer name, other operations find nothing (observed). */
const NAME_LENGTH_MAX = 64;
