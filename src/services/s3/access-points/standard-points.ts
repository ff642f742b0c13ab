// Access points of buckets: created, shown, listed, deleted. https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessPoint.html
import type { PublicAccessBlockConfiguration } from "@aws-sdk/client-s3-control";
import type { Call } from "../../../kernel/call.ts";
import { decodePageToken, encodePageToken } from "../../../kernel/page.ts";
import type { Documents } from "../../../storage/stores.ts";
import type { Bucket } from "../bucket.ts";
import { noSuchBucket } from "../errors.ts";
import { BUCKETS } from "../names.ts";
import type { Parts } from "../parts.ts";
import type { ControlOperations } from "./control-operations.ts";
import { checkAccount } from "./control-operations.ts";
import { accessPointExists, foreignAccount, invalidPointName, invalidRequest, invalidToken, noSuchAccessPoint, notSupported, tooManyAccessPoints } from "./errors.ts";
import { ACCESS_POINTS, type AccessPoint, createPoint, deletePoint, findPoint, isPointName, newAlias, pointArn } from "./point.ts";
import { checkedTags } from "./resource-tags.ts";

const POINTS_MAX = 10_000;
const LISTED_MAX = 1000;

export const standardPointOperations = (parts: Parts): Pick<ControlOperations, "CreateAccessPoint" | "GetAccessPoint" | "ListAccessPoints" | "DeleteAccessPoint"> => ({
  async CreateAccessPoint(input, call) {
    checkAccount(input, call);
    if (input.Scope !== undefined) throw notSupported("Scope, which is for directory buckets");
    if (!isPointName(input.Name)) throw invalidPointName(input.Name);
    const { Name: name, Bucket: bucketName, VpcConfiguration: vpc } = input;
    const tags = input.Tags?.length ? { tags: checkedTags(input.Tags) } : {};
    return parts.stores.transaction(async (tx) => {
      const bucket = await tx.documents<Bucket>(BUCKETS).hold(bucketName);
      if (!bucket) throw noSuchBucket(bucketName);
      // Another account's bucket is named with its owner, so that nobody is led to a bucket that has changed hands.
      if (bucket.account !== (input.BucketAccountId ?? call.account)) throw foreignAccount();
      if (bucket.region !== call.region) throw invalidRequest(`The bucket ${bucketName} is in ${bucket.region}, and an access point is made in its bucket's Region.`);
      const points = tx.documents<AccessPoint>(ACCESS_POINTS);
      if ((await points.count(`${call.account}/${call.region}/`)) >= POINTS_MAX) throw tooManyAccessPoints();
      const point: AccessPoint = {
        kind: "standard", name, account: call.account, region: call.region, alias: newAlias(parts.ids, { kind: "standard", name }), createdMs: Math.floor(parts.clock.now()),
        bucket: bucketName, bucketAccount: bucket.account, ...(vpc && { vpcId: vpc.VpcId! }), publicAccessBlock: wholeBlock(input.PublicAccessBlockConfiguration), ...tags,
      };
      if (!(await createPoint(tx, point))) throw accessPointExists(name);
      return { AccessPointArn: pointArn(point), Alias: point.alias };
    });
  },

  async GetAccessPoint(input, call) {
    const point = await ownPoint(parts, input, call);
    return {
      ...shown(point), PublicAccessBlockConfiguration: point.publicAccessBlock, CreationDate: new Date(point.createdMs),
      // Where AWS has it; here it is reached by ARN and alias.
      Endpoints: { ipv4: `s3-accesspoint.${point.region}.amazonaws.com`, fips: `s3-accesspoint-fips.${point.region}.amazonaws.com`, fips_dualstack: `s3-accesspoint-fips.dualstack.${point.region}.amazonaws.com`, dualstack: `s3-accesspoint.dualstack.${point.region}.amazonaws.com` },
    };
  },

  async ListAccessPoints(input, call) {
    checkAccount(input, call);
    if (input.DataSourceId !== undefined || input.DataSourceType !== undefined) throw notSupported("DataSourceId and DataSourceType");
    const { page, next } = await pageOf(parts.stores.documents<AccessPoint>(ACCESS_POINTS), input, call, ({ bucket }) => input.Bucket === undefined || bucket === input.Bucket);
    return { AccessPointList: page.map(shown), ...(next !== undefined && { NextToken: next }) };
  },

  async DeleteAccessPoint(input, call) {
    const point = await ownPoint(parts, input, call);
    await parts.stores.transaction((tx) => deletePoint(tx, point));
    return {};
  },
});

/** All four are on unless the request says otherwise. https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-bpa-settings.html */
function wholeBlock(given: PublicAccessBlockConfiguration | undefined): PublicAccessBlockConfiguration {
  const byDefault = given === undefined;
  const { BlockPublicAcls = byDefault, IgnorePublicAcls = byDefault, BlockPublicPolicy = byDefault, RestrictPublicBuckets = byDefault } = given ?? {};
  return { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets };
}

/** Throws NoSuchAccessPoint. */
async function ownPoint({ stores }: Pick<Parts, "stores">, input: { AccountId?: string | undefined; Name: string }, call: Call): Promise<AccessPoint> {
  checkAccount(input, call);
  const point = await findPoint(stores, { kind: "standard", account: call.account, region: call.region, name: input.Name });
  if (!point) throw noSuchAccessPoint(input.Name);
  return point;
}

const shown = (point: AccessPoint) => ({
  Name: point.name, Bucket: point.bucket, BucketAccountId: point.bucketAccount, AccessPointArn: pointArn(point), Alias: point.alias,
  NetworkOrigin: point.vpcId === undefined ? "Internet" as const : "VPC" as const, ...(point.vpcId !== undefined && { VpcConfiguration: { VpcId: point.vpcId } }),
});

/** What is an account's in a region and wanted, in the order of names, and the token of the next page. */
export async function pageOf<T>(documents: Documents<T>, { NextToken, MaxResults }: { NextToken?: string | undefined; MaxResults?: number | undefined }, call: Call, wanted: (one: T) => boolean): Promise<{ page: T[]; next?: string }> {
  const prefix = `${call.account}/${call.region}/`;
  const from = NextToken === undefined ? undefined : decodePageToken(NextToken);
  if (NextToken !== undefined && from === undefined) throw invalidToken();
  const most = Math.min(MaxResults || LISTED_MAX, LISTED_MAX);
  const page: T[] = [];
  let last = "";
  for (let after = from === undefined ? undefined : prefix + from; ;) {
    const rows = await documents.list({ prefix, limit: LISTED_MAX, ...(after !== undefined && { after }) });
    for (const [id, one] of rows) {
      if (!wanted(one)) continue;
      if (page.length === most) return { page, next: encodePageToken(last.slice(prefix.length)) };
      page.push(one);
      last = id;
    }
    if (rows.length < LISTED_MAX) return { page };
    after = rows.at(-1)![0];
  }
}
