// Creating, reading and deleting functions. https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { FunctionCodeLocation } from "@aws-sdk/client-lambda";
import type { Tx } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { type Alias, ALIASES, versionsOf } from "../alias.ts";
import { deleteBelongings, deleteQualified } from "../belongings.ts";
import { type CodeReader, codeSourceIn } from "../code.ts";
import { attachConfig, checkSigned } from "../code-signing.ts";
import { signingOfImages } from "../code-signing-errors.ts";
import { checkDeadLetterTarget } from "../destinations.ts";
import { aliasesNotDeletable, codeMissing, functionExists, functionNotFound, latestNotDeletable, nameTooLong, otherAccount, versionHasAliases } from "../errors.ts";
import { configuration, createdConfiguration, FUNCTIONS, type LambdaFunction, newFunction, type Version } from "../function.ts";
import { addImage } from "../image.ts";
import { codeForImage } from "../image-errors.ts";
import { assertFits, layersFor, withLayers } from "../layer-lookup.ts";
import { admit, findFunction, findVersion } from "../lookup.ts";
import { isNumber, type Named, resolveName, resolveUnqualified } from "../name.ts";
import { publish } from "../publish.ts";
import { checkRole } from "../role.ts";
import { newSettings } from "../settings.ts";
import { checkTagCount } from "../tags.ts";
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
      await checkRole(ports, input.Role, call);
      const tags = checkTagCount(input.Tags ?? {});
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
          const first = input.Publish ? await publish(tx, ids, fn, { nowMs }) : undefined;
          await beginTransition(tx, { id: named.id, revisionId: (first?.fn ?? fn).revisionId, ...(first?.newId ? { versionId: first.newId } : {}) }, nowMs);
          return first?.version ?? fn;
        });
        return createdConfiguration(made);
      });
    },

    async GetFunction(input, call) {
      const { fn, version, named } = await findFunction(ports, input.FunctionName, input.Qualifier, call, "GetFunction");
      const { image } = version.code;
      const location: FunctionCodeLocation = image ? { RepositoryType: "ECR", ImageUri: image.uri, ResolvedImageUri: image.resolvedUri } : { RepositoryType: "S3", Location: code.downloadUrl(version.code.id) };
      return {
        Configuration: configuration(version, named.qualifier),
        Code: location,
        ...(Object.keys(fn.tags).length ? { Tags: fn.tags } : {}),
        ...(fn.reservedConcurrency === undefined ? {} : { Concurrency: { ReservedConcurrentExecutions: fn.reservedConcurrency } }),
      };
    },

    async GetFunctionConfiguration(input, call) {
      const { version, named } = await findFunction(ports, input.FunctionName, input.Qualifier, call, "GetFunctionConfiguration");
      return configuration(version, named.qualifier);
    },

    async DeleteFunction(input, call) {
      const named = resolveName(input.FunctionName, input.Qualifier, call);
      await admit(ports, named, call, "DeleteFunction");
      const { qualifier } = named;
      if (qualifier === "$LATEST") throw latestNotDeletable();
      if (qualifier !== undefined && !isNumber(qualifier) && !qualifier.startsWith("$")) throw aliasesNotDeletable();
      await stores.transaction(async (tx) => {
        const fn = await tx.documents<LambdaFunction>(FUNCTIONS).update(named.id, (same) => same);
        if (!fn) throw functionNotFound(named.arn);
        if (qualifier === undefined) await deleteAll(tx, named, fn);
        else await deleteVersion(tx, named, fn, qualifier);
        await unused.sweepLater(tx, call.now.getTime());
      });
      await provisioner.refresh(named.id);
      return { StatusCode: 204 };
    },
  };
}

/** Of a longer name, other operations find nothing (observed). */
const NAME_LENGTH_MAX = 64;
const PAGE = 1000;

async function deleteAll(tx: Tx, named: Named, fn: LambdaFunction): Promise<void> {
  let codeBytes = fn.code.sizeBytes;
  const versions = tx.documents<Version>(VERSIONS);
  for (let after: string | undefined; ;) {
    const rows = await versions.list({ prefix: `${named.id}/`, limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const [, version] of rows) codeBytes += version.code.sizeBytes;
    if (rows.length < PAGE) break;
    after = rows.at(-1)![0];
  }
  await deleteBelongings(tx, fn);
  await tx.documents(FUNCTIONS).delete(named.id);
  await addUsage(tx, named, { functions: -1, codeBytes: -codeBytes });
}

/** A version that is not there is deleted, too (observed). */
async function deleteVersion(tx: Tx, named: Named, fn: LambdaFunction, number: string): Promise<void> {
  const version = await findVersion(tx, named.id, number);
  if (!version) return;
  const pointing: string[] = [];
  const aliases = tx.documents<Alias>(ALIASES);
  for (let after: string | undefined; ;) {
    const rows = await aliases.list({ prefix: `${named.id}/`, limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const [, alias] of rows) if (versionsOf(alias).includes(number)) pointing.push(alias.name);
    if (rows.length < PAGE) break;
    after = rows.at(-1)![0];
  }
  if (pointing.length) throw versionHasAliases(pointing);
  await deleteQualified(tx, fn, number);
  await tx.documents(VERSIONS).delete(versionId(named.id, number));
  await addUsage(tx, named, { codeBytes: -version.code.sizeBytes });
}
