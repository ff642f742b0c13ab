// Finding layer versions: for operations on them, for functions that use them, and for the policies on them.
// https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html
import { parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import { LAMBDA } from "../../kernel/limits.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { RoomPorts } from "../service.ts";
import { notAuthorized, otherAccount } from "./errors.ts";
import type { Version } from "./function.ts";
import { LAYER_VERSIONS, type LayerVersion, layerByArn, layerVersionArn, layerVersionId, type NamedLayer } from "./layer.ts";
import { layersElsewhere, layersTooLarge, layerVersionMissing, sameLayerTwice, tooManyLayers } from "./layer-errors.ts";
import type { LayerOfFunction, Settings } from "./settings.ts";

const LAYERS_MAX = 5;

export const findLayerVersion = ({ documents }: Pick<Stores | Tx, "documents">, { id }: Pick<NamedLayer, "id">, number: number): Promise<LayerVersion | undefined> =>
  documents<LayerVersion>(LAYER_VERSIONS).get(layerVersionId(id, number));

/** Another account's layer is reached through its version's policy, whatever `--iam` says, and to read it only: that is all such a policy can grant. */
export async function admitToLayer({ access }: Pick<RoomPorts, "access">, { account }: Pick<NamedLayer, "account">, resource: string, call: Call, action: string): Promise<void> {
  if (account === call.account) return;
  if (action !== "GetLayerVersion") throw otherAccount(call.principal.arn, action, resource);
  const decision = await access.decide({ actor: call.principal, action: "lambda:GetLayerVersion", resource, call });
  if (!decision.allowed) throw notAuthorized(decision.sentence);
}

/**
 * What a function is given as Layers, in that order. A version that was deleted cannot be asked for again, not even by a function that has it.
 * Between this and the transaction that writes the function its code must not be forgotten: call it inside of UnusedCode.whileAdding.
 */
export async function layersFor(ports: Pick<RoomPorts, "stores" | "access">, arns: string[], call: Call): Promise<LayerOfFunction[]> {
  if (arns.length > LAYERS_MAX) throw tooManyLayers(LAYERS_MAX);
  const seen = new Map<string, string>();
  for (const arn of arns) {
    const layer = arn.slice(0, arn.lastIndexOf(":"));
    const before = seen.get(layer);
    if (before !== undefined) throw sameLayerTwice(before, arn);
    seen.set(layer, arn);
  }
  if (arns.some((arn) => parseArn(arn)?.region !== call.region)) throw layersElsewhere(call.region);
  return Promise.all(arns.map(async (arn) => {
    const named = layerByArn(arn);
    if (!named) throw layerVersionMissing(arn);
    await admitToLayer(ports, named, layerVersionArn(named), call, "GetLayerVersion");
    const version = await findLayerVersion(ports.stores, named, named.number);
    if (!version) throw layerVersionMissing(arn);
    const { id: codeId, sizeBytes, unzippedBytes } = version.code;
    return { arn, codeId, sizeBytes, unzippedBytes };
  }));
}

/** Undefined leaves them as they are; none at all takes them away. */
export function withLayers(settings: Settings, layers: LayerOfFunction[] | undefined): Settings {
  if (!layers) return settings;
  const { layers: _before, ...rest } = settings;
  return layers.length > 0 ? { ...rest, layers } : rest;
}

/** Throws when code and layers together unzip to more than a function may have. */
export function assertFits({ code, settings }: Pick<Version, "code" | "settings">): void {
  if (!settings.layers?.length) return;
  const bytes = settings.layers.reduce((sum, { unzippedBytes }) => sum + unzippedBytes, code.unzippedBytes ?? 0);
  if (bytes > LAMBDA.unzippedBytesMax) throw layersTooLarge(bytes);
}

/** The resource-based policy of a layer version. */
export const layerPolicy = ({ stores }: Pick<RoomPorts, "stores">) => async (arn: string): Promise<string | undefined> => {
  const named = layerByArn(arn);
  return named && (await findLayerVersion(stores, named, named.number))?.policy?.document;
};
