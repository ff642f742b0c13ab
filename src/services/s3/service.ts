// Amazon S3: buckets and objects. https://docs.aws.amazon.com/AmazonS3/latest/API/
import type * as Sdk from "@aws-sdk/client-s3";
import { defineService } from "../service.ts";
import { access } from "./access.ts";
import { bucketOperations } from "./buckets.ts";
import { copyingOperations } from "./copying.ts";
import { listOperations } from "./lists.ts";
import { parseBucketArn } from "./names.ts";
import { registerNotices } from "./notify.ts";
import { partsOf } from "./parts.ts";
import { readingOperations } from "./reading.ts";
import { settingOperations } from "./settings.ts";
import { uploadListOperations } from "./upload-lists.ts";
import { uploadOperations } from "./uploads.ts";
import { writingOperations } from "./writing.ts";

export const s3 = defineService<typeof Sdk>({
  name: "s3",
  client: "@aws-sdk/client-s3",
  access,

  resourcePolicy: (ports) => async (arn) => {
    const name = parseBucketArn(arn);
    return name === undefined ? undefined : (await partsOf(ports).buckets.get(name))?.settings.policy;
  },

  open(ports) {
    const parts = partsOf(ports);
    registerNotices(ports);
    return {
      ...bucketOperations(parts),
      ...copyingOperations(parts),
      ...listOperations(parts),
      ...readingOperations(parts),
      ...settingOperations(parts, ports),
      ...uploadListOperations(parts),
      ...uploadOperations(parts),
      ...writingOperations(parts),
    };
  },
});
