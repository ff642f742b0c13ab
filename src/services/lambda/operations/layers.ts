// Publishing, reading, listing and deleting layer versions. https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import { decodePageToken, encodePageToken } from "../../../kernel/page.ts";
import type { Stores, Tx } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { type CodeReader, codeSourceIn } from "../code.ts";
import { badMarker } from "../errors.ts";
import {
  isCompatible, type Layer, LAYER_VERSIONS, LAYERS, type LayerVersion, layerByArn, layerVersionArn, layerVersionId, listedLayerVersion, type NamedLayer, resolveLayer, shownLayerVersion, type Wanted,
} from "../layer.ts";
import { layerCodeMissing, layerNotFound, otherRegionsLayer, versionBelowOne } from "../layer-errors.ts";
import { admitToLayer, findLayerVersion } from "../layer-lookup.ts";
import { documentId } from "../name.ts";
import { checkCompatibleRuntimes } from "../runtimes.ts";
import type { UnusedCode } from "../unused-code.ts";
import { addUsage } from "../usage.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda, "PublishLayerVersion" | "GetLayerVersion" | "GetLayerVersionByArn" | "ListLayers" | "ListLayerVersions" | "DeleteLayerVersion">;

export function layerOperations(ports: RoomPorts, unused: UnusedCode, codeReader: CodeReader): Operations {
  const { stores, code } = ports;

  const read = async (named: NamedLayer, number: number, call: Call) => {
    if (number < 1) throw versionBelowOne();
    await admitToLayer(ports, named, layerVersionArn({ ...named, number }), call, "GetLayerVersion");
    const version = await findLayerVersion(stores, named, number);
    if (!version) throw layerNotFound();
    return shownLayerVersion(version, code.downloadUrl(version.code.id));
  };

  return {
    async PublishLayerVersion(input, call) {
      const named = resolveLayer(input.LayerName, call);
      await admitToLayer(ports, named, named.arn, call, "PublishLayerVersion");
      if (input.CompatibleRuntimes) checkCompatibleRuntimes("compatibleRuntimes", input.CompatibleRuntimes);
      const source = codeSourceIn(input.Content);
      if (!source) throw layerCodeMissing();
      return unused.whileAdding(async () => {
        const added = await codeReader.read(source, call, code.add);
        const fresh: Omit<LayerVersion, "number"> = {
          name: named.name, arn: named.arn, account: named.account, region: named.region, description: input.Description ?? "", code: added, createdMs: call.now.getTime(),
          ...(input.LicenseInfo === undefined ? {} : { licenseInfo: input.LicenseInfo }),
          ...(input.CompatibleRuntimes ? { runtimes: input.CompatibleRuntimes } : {}),
          ...(input.CompatibleArchitectures ? { architectures: input.CompatibleArchitectures } : {}),
        };
        const version = await stores.transaction((tx) => publish(tx, named, fresh));
        return shownLayerVersion(version, code.downloadUrl(version.code.id));
      });
    },

    GetLayerVersion: (input, call) => read(resolveLayer(input.LayerName, call), input.VersionNumber, call),

    async GetLayerVersionByArn(input, call) {
      const named = layerByArn(input.Arn);
      if (!named) throw layerNotFound();
      if (named.region !== call.region) throw otherRegionsLayer(named.region, call.region);
      return read(named, named.number, call);
    },

    async ListLayerVersions(input, call) {
      const named = resolveLayer(input.LayerName, call);
      await admitToLayer(ports, named, named.arn, call, "ListLayerVersions");
      if (input.CompatibleRuntime) checkCompatibleRuntimes("compatibleRuntime", input.CompatibleRuntime);
      const wanted = { runtime: input.CompatibleRuntime, architecture: input.CompatibleArchitecture };
      const { found, next } = await narrowedPage<LayerVersion, LayerVersion>(stores, {
        kind: LAYER_VERSIONS, prefix: `${named.id}/`, marker: input.Marker, maxItems: input.MaxItems, pick: async (version) => (isCompatible(version, wanted) ? version : undefined),
      });
      return { LayerVersions: found.map(listedLayerVersion), ...(next === undefined ? {} : { NextMarker: next }) };
    },

    async ListLayers(input, call) {
      if (input.CompatibleRuntime) checkCompatibleRuntimes("compatibleRuntime", input.CompatibleRuntime);
      const wanted = { runtime: input.CompatibleRuntime, architecture: input.CompatibleArchitecture };
      const prefix = documentId(call.account, call.region, "");
      const { found, next } = await narrowedPage<Layer, LayerVersion>(stores, {
        kind: LAYERS, prefix, marker: input.Marker, maxItems: input.MaxItems, pick: ({ name }) => newestMatching(stores, `${prefix}${name}/`, wanted),
      });
      const Layers = found.map((version) => ({ LayerName: version.name, LayerArn: version.arn, LatestMatchingVersion: listedLayerVersion(version) }));
      return { Layers, ...(next === undefined ? {} : { NextMarker: next }) };
    },

    async DeleteLayerVersion(input, call) {
      const named = resolveLayer(input.LayerName, call);
      const number = input.VersionNumber;
      await admitToLayer(ports, named, layerVersionArn({ ...named, number }), call, "DeleteLayerVersion");
      if (number < 1) throw versionBelowOne();
      await stores.transaction(async (tx) => {
        const version = await findLayerVersion(tx, named, number);
        // One that is not there is deleted, too (observed).
        if (!version || !(await tx.documents(LAYER_VERSIONS).delete(layerVersionId(named.id, number)))) return;
        await addUsage(tx, named, { codeBytes: -version.code.sizeBytes });
        await unused.sweepLater(tx, call.now.getTime());
      });
      return {};
    },
  };
}

/** The next number and the version that has it, together. */
async function publish(tx: Tx, named: NamedLayer, fresh: Omit<LayerVersion, "number">): Promise<LayerVersion> {
  const layers = tx.documents<Layer>(LAYERS);
  const next = (before: Layer): Layer => ({ ...before, published: before.published + 1 });
  const first: Layer = { name: named.name, arn: named.arn, published: 1 };
  let layer = await layers.update(named.id, next);
  // The second update is for losing the race to create.
  if (!layer && (await layers.create(named.id, first))) layer = first;
  layer ??= (await layers.update(named.id, next))!;
  const version = { ...fresh, number: layer.published };
  await tx.documents<LayerVersion>(LAYER_VERSIONS).put(layerVersionId(named.id, version.number), version);
  await addUsage(tx, named, { codeBytes: version.code.sizeBytes });
  return version;
}

/** AWS shows no more at once (API_ListLayers). */
const ITEMS_MAX = 50;
/** So many documents are looked at for one page, so that a filter that nothing passes does not go through a whole account. */
const LOOKED_AT_MAX = 1000;
const ROWS = 100;

interface Narrowed<Row, Shown> {
  kind: string;
  prefix: string;
  marker: string | undefined;
  maxItems: number | undefined;
  /** Undefined leaves it out. */
  pick(row: Row): Promise<Shown | undefined>;
}

/** A page of what `pick` lets through; it may be short, or empty, and have a next one. */
async function narrowedPage<Row, Shown>(stores: Stores, { kind, prefix, marker, maxItems, pick }: Narrowed<Row, Shown>): Promise<{ found: Shown[]; next?: string }> {
  const limit = Math.min(maxItems ?? ITEMS_MAX, ITEMS_MAX);
  let after = marker ? decodePageToken(marker) : undefined;
  if (marker && (after === undefined || !/^[\w-]{1,140}$/.test(after))) throw badMarker();
  const found: Shown[] = [];
  for (let lookedAt = 0; ;) {
    const rows = await stores.documents<Row>(kind).list({ prefix, limit: ROWS, ...(after === undefined ? {} : { after: prefix + after }) });
    for (const [id, row] of rows) {
      const shown = await pick(row);
      if (shown !== undefined && found.length === limit) return { found, next: encodePageToken(after!) };
      if (shown !== undefined) found.push(shown);
      after = id.slice(prefix.length);
    }
    if (rows.length < ROWS) return { found };
    lookedAt += rows.length;
    if (lookedAt >= LOOKED_AT_MAX) return { found, next: encodePageToken(after!) };
  }
}

/** The newest of a layer's versions that matches, among its newest ones. */
async function newestMatching(stores: Stores, prefix: string, wanted: Wanted): Promise<LayerVersion | undefined> {
  const any = wanted.runtime === undefined && wanted.architecture === undefined;
  const rows = await stores.documents<LayerVersion>(LAYER_VERSIONS).list({ prefix, limit: any ? 1 : LOOKED_AT_MAX });
  return rows.find(([, version]) => isCompatible(version, wanted))?.[1];
}
