// A layer's versions: what is stored of them, how they are named, and how AWS shows them. No storage, clock or randomness.
// https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
import type { Architecture, GetLayerVersionResponse, LayerVersionsListItem, Runtime } from "@aws-sdk/client-lambda";
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { CodePackage } from "../../ports/code.ts";
import { layerNotFound, otherRegionsLayer } from "./layer-errors.ts";
import { documentId } from "./name.ts";
import type { StoredPolicy } from "./policy.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME, and stay when all versions are gone: no number is given twice. */
export const LAYERS = "lambda/layer";
/** Documents of this kind have the id ACCOUNT/REGION/NAME/RANK; ranks count down, so that lists begin with the newest. */
export const LAYER_VERSIONS = "lambda/layer-version";

export interface Layer {
  name: string;
  arn: string;
  /** The last number given out. */
  published: number;
}

export interface LayerVersion {
  name: string;
  /** Without the number. */
  arn: string;
  account: string;
  region: string;
  number: number;
  description: string;
  licenseInfo?: string;
  runtimes?: Runtime[];
  architectures?: Architecture[];
  code: CodePackage;
  createdMs: number;
  policy?: StoredPolicy & { revisionId: string };
}

export interface NamedLayer {
  name: string;
  arn: string;
  account: string;
  region: string;
  /** The layer's document's id. */
  id: string;
}

/** A name, or an ARN without a version, of this partition: a policy is asked about the ARN as it is given. */
export function resolveLayer(layerName: string, call: Call): NamedLayer {
  if (!layerName.startsWith("arn:")) return named(call.region, call.account, layerName);
  const arn = parseArn(layerName);
  const [kind, name] = arn?.resource.split(":") ?? [];
  if (!arn || kind !== "layer" || !name) throw layerNotFound();
  if (arn.region !== call.region) throw otherRegionsLayer(arn.region, call.region);
  const found = named(arn.region, arn.account, name);
  if (found.arn !== layerName) throw layerNotFound();
  return found;
}

/** The ARN of a version; undefined for anything else, and for numbers that none can have. */
export function layerByArn(text: string): (NamedLayer & { number: number }) | undefined {
  const arn = parseArn(text);
  const [kind, name, number, ...more] = arn?.resource.split(":") ?? [];
  if (!arn || arn.service !== "lambda" || kind !== "layer" || !name || !/^[1-9]\d{0,9}$/.test(number ?? "") || more.length > 0) return undefined;
  const found = { ...named(arn.region, arn.account, name), number: Number(number) };
  return layerVersionArn(found) === text ? found : undefined;
}

const named = (region: string, account: string, name: string): NamedLayer => ({ name, arn: formatArn("lambda", region, account, `layer:${name}`), account, region, id: documentId(account, region, name) });

const RANK_MAX = 9_999_999_999;

export const layerVersionId = (layerId: string, number: number): string => `${layerId}/${String(RANK_MAX - number).padStart(10, "0")}`;

export const layerVersionArn = ({ arn, number }: Pick<LayerVersion, "arn" | "number">): string => `${arn}:${number}`;

/** What a list is narrowed to. A version that names no runtimes (architectures) is compatible with none in particular. */
export interface Wanted {
  runtime?: string | undefined;
  architecture?: string | undefined;
}

export const isCompatible = ({ runtimes, architectures }: LayerVersion, { runtime, architecture }: Wanted): boolean =>
  (runtime === undefined || (runtimes ?? []).includes(runtime as Runtime)) && (architecture === undefined || (architectures ?? []).includes(architecture as Architecture));

/** Lists and absent texts as AWS shows them: a description always, compatibilities where they were given, empty ones too (observed). */
export const listedLayerVersion = (version: LayerVersion): LayerVersionsListItem => ({
  LayerVersionArn: layerVersionArn(version),
  Version: version.number,
  Description: version.description,
  CreatedDate: new Date(version.createdMs).toISOString().replace("Z", "+0000"),
  ...(version.runtimes ? { CompatibleRuntimes: version.runtimes } : {}),
  ...(version.architectures ? { CompatibleArchitectures: version.architectures } : {}),
  ...(version.licenseInfo === undefined ? {} : { LicenseInfo: version.licenseInfo }),
});

export const shownLayerVersion = (version: LayerVersion, location: string): GetLayerVersionResponse => ({
  ...listedLayerVersion(version),
  LayerArn: version.arn,
  Content: { Location: location, CodeSha256: version.code.sha256, CodeSize: version.code.sizeBytes },
});
