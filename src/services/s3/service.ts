// Amazon S3: buckets and objects. https://docs.aws.amazon.com/AmazonS3/latest/API/
import type * as Sdk from "@aws-sdk/client-s3";
import { defineService } from "../service.ts";
import { access } from "./access.ts";
import { findPoint, parsePointArn } from "./access-points/point.ts";
import { addressing } from "./access-points/through.ts";
import { accessThrough } from "./access-points/through-access.ts";
import { tellingWhoPays } from "./bucket-payment.ts";
import { parseJobArn } from "./batch/job.ts";
import { tagsOfJob } from "./batch/job-access.ts";
import { bucketOperations } from "./buckets.ts";
import { copyingOperations } from "./copying.ts";
import { followLifecycles } from "./lifecycles.ts";
import { listOperations } from "./lists.ts";
import { objectArn, parseBucketArn } from "./names.ts";
import { registerNotices } from "./notify.ts";
import { partsOf } from "./parts.ts";
import { readingOperations } from "./reading.ts";
import { followRestores } from "./restores.ts";
import { tagsForPolicies } from "./tags-for-policies.ts";
import { settingOperations } from "./settings.ts";
import { bucketTarget } from "./target.ts";
import { uploadListOperations } from "./upload-lists.ts";
import { uploadOperations } from "./uploads.ts";
import { writingOperations } from "./writing.ts";

export const s3 = defineService<typeof Sdk>({
  name: "s3",
  client: "@aws-sdk/client-s3",
  access: accessThrough(access),
  address: (ports) => addressing(partsOf(ports)),

  resourcePolicy: (ports) => async (arn) => {
    const { buckets, stores } = partsOf(ports);
    const name = parseBucketArn(arn);
    if (name !== undefined) return (await buckets.get(name))?.settings.policy;
    const point = parsePointArn(arn);
    return point && (await findPoint(stores, point))?.policy;
  },

  resourceTags: (ports) => async (arn, asked) => {
    const parts = partsOf(ports);
    if (parseJobArn(arn)) return tagsOfJob(parts.stores, arn);
    const named = parsePointArn(arn);
    if (!named) return tagsForPolicies(parts, arn, asked);
    const point = named.kind === "standard" ? await findPoint(parts.stores, { ...named, kind: "standard" }) : undefined;
    return point && named.rest.startsWith("/object/") ? tagsForPolicies(parts, objectArn(point.bucket, named.rest.slice("/object/".length)), asked) : point?.tags;
  },

  target: bucketTarget,

  open(ports) {
    const parts = partsOf(ports);
    registerNotices(ports);
    followLifecycles({ parts });
    followRestores({ parts });
    return tellingWhoPays(parts, parts.objectLambda.over({
      ...bucketOperations(parts),
      ...copyingOperations(parts),
      ...listOperations(parts),
      ...readingOperations(parts),
      ...settingOperations(parts, ports),
      ...uploadListOperations(parts),
      ...uploadOperations(parts),
      ...writingOperations(parts),
    }));
  },
});
