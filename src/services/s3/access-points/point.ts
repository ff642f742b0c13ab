// An access point and an Object Lambda access point: names, ARNs, aliases, and the way from one to its record. No HTTP.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
import type { ObjectLambdaConfiguration, PublicAccessBlockConfiguration } from "@aws-sdk/client-s3-control";
import { formatArn, parseArn } from "../../../kernel/arn.ts";
import { type Ids, LOWER_ALPHANUMERIC } from "../../../kernel/ids.ts";
import type { Tx } from "../../../storage/stores.ts";

/** id: account/region/name */
export const ACCESS_POINTS = "s3/access-point";
/** id: account/region/name */
export const OBJECT_LAMBDA_POINTS = "s3/object-lambda-point";
/** Which point an alias is of. id: the alias, in one world with the names of buckets. */
export const ALIASES = "s3/access-point-alias";
/** The access points of a bucket. id: bucket/account/region/name */
const POINTS_OF_BUCKET = "s3/access-point-of-bucket";

interface Point {
  name: string;
  account: string;
  region: string;
  alias: string;
  createdMs: number;
  /** JSON text. */
  policy?: string;
}

export interface AccessPoint extends Point {
  kind: "standard";
  bucket: string;
  bucketAccount: string;
  /** Present: requests are admitted from this VPC only. */
  vpcId?: string;
  publicAccessBlock: PublicAccessBlockConfiguration;
  tags?: Record<string, string>;
}

export interface ObjectLambdaPoint extends Point {
  kind: "object-lambda";
  /** As its request gave it, checked. */
  configuration: ObjectLambdaConfiguration;
}

export type AnyPoint = AccessPoint | ObjectLambdaPoint;

interface AliasOf {
  kind: AnyPoint["kind"];
  id: string;
}

export const pointId = ({ account, region, name }: Pick<Point, "account" | "region" | "name">): string => `${account}/${region}/${name}`;

const SERVICES = { standard: "s3", "object-lambda": "s3-object-lambda" } as const;
const KINDS = { standard: ACCESS_POINTS, "object-lambda": OBJECT_LAMBDA_POINTS } as const;

export const pointArn = ({ kind, account, region, name }: Pick<AnyPoint, "kind" | "account" | "region" | "name">): string => formatArn(SERVICES[kind], region, account, `accesspoint/${name}`);

export interface PointName {
  kind: AnyPoint["kind"];
  account: string;
  region: string;
  name: string;
  /** After the name: "/object/KEY". */
  rest: string;
}

/** arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME, also with a colon before the name; what follows the name is in `rest`. */
export function parsePointArn(arn: string): PointName | undefined {
  const { service, region = "", account = "", resource = "" } = parseArn(arn) ?? {};
  const kind = service === "s3" ? "standard" : service === "s3-object-lambda" ? "object-lambda" : undefined;
  const match = /^accesspoint[/:]([a-z0-9-]+)(\/.*)?$/s.exec(resource);
  return kind && match && region !== "" && account !== "" ? { kind, region, account, name: match[1]!, rest: match[2] ?? "" } : undefined;
}

/** 3 to 50 characters, as a label of a host name. */
export const isPointName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/.test(name) && !/(-s3alias|--ol-s3|--xa-s3)$/.test(name);

export const isAlias = (bucket: string): boolean => /-s3alias$|--ol-s3$/.test(bucket);

const ALIAS_CHARACTERS_MAX = 63;
const RANDOM_CHARACTERS = 34;

/** `my-access-point-hrzrlukc5m36ft7okagglf3gmwluquse1b-s3alias`: a name a bucket could have; a long name is cut. */
export function newAlias(ids: Ids, { kind, name }: Pick<AnyPoint, "kind" | "name">): string {
  const suffix = kind === "standard" ? "-s3alias" : "--ol-s3";
  const prefix = name.slice(0, ALIAS_CHARACTERS_MAX - suffix.length - RANDOM_CHARACTERS - 1).replace(/-+$/, "");
  return `${prefix}-${ids.token(RANDOM_CHARACTERS, LOWER_ALPHANUMERIC)}${suffix}`;
}

type Reader = Pick<Tx, "documents">;

export async function findPoint<K extends AnyPoint["kind"]>(reader: Reader, named: Pick<PointName, "account" | "region" | "name"> & { kind: K }): Promise<Extract<AnyPoint, { kind: K }> | undefined> {
  return reader.documents<Extract<AnyPoint, { kind: K }>>(KINDS[named.kind]).get(pointId(named));
}

export async function findAlias(reader: Reader, alias: string): Promise<AnyPoint | undefined> {
  const of = await reader.documents<AliasOf>(ALIASES).get(alias);
  return of && reader.documents<AnyPoint>(KINDS[of.kind]).get(of.id);
}

const ofBucket = ({ bucket, ...point }: AccessPoint): string => `${bucket}/${pointId(point)}`;

/** False when the account has one of this name already. */
export async function createPoint(tx: Tx, point: AnyPoint): Promise<boolean> {
  if (!(await tx.documents<AnyPoint>(KINDS[point.kind]).create(pointId(point), point))) return false;
  await tx.documents<AliasOf>(ALIASES).put(point.alias, { kind: point.kind, id: pointId(point) });
  if (point.kind === "standard") await tx.documents<{ alias: string }>(POINTS_OF_BUCKET).put(ofBucket(point), { alias: point.alias });
  return true;
}

export async function deletePoint(tx: Tx, point: AnyPoint): Promise<void> {
  await tx.documents(KINDS[point.kind]).delete(pointId(point));
  await tx.documents(ALIASES).delete(point.alias);
  if (point.kind === "standard") await tx.documents(POINTS_OF_BUCKET).delete(ofBucket(point));
}

/** Of the bucket's own account: what others have attached to it must not keep its owner from deleting it. */
export async function hasAccessPoints(reader: Reader, { name, account }: { name: string; account: string }): Promise<boolean> {
  return (await reader.documents(POINTS_OF_BUCKET).list({ prefix: `${name}/${account}/`, limit: 1 })).length > 0;
}
