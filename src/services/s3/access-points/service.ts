// S3 Control: access points, Object Lambda access points, the public access block of an account, jobs of Batch Operations. A second client of the S3 room, because
// what it keeps is read, and changed in one transaction, with buckets. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_AWS_S3_Control.html
import type * as Sdk from "@aws-sdk/client-s3-control";
import { defineService } from "../../service.ts";
import { jobAccess, standingOfJob } from "../batch/job-access.ts";
import { jobOperations } from "../batch/jobs.ts";
import { followJobs } from "../batch/worker.ts";
import { partsOf } from "../parts.ts";
import { accountBlockOperations } from "./account-block.ts";
import { controlAccess } from "./control-access.ts";
import { objectLambdaPointOperations } from "./object-lambda-points.ts";
import { policyOperations } from "./point-policies.ts";
import { tagOperations } from "./resource-tags.ts";
import { standardPointOperations } from "./standard-points.ts";

export const s3Control = defineService<typeof Sdk>({
  name: "s3-control",
  client: "@aws-sdk/client-s3-control",
  actionPrefix: "s3",
  access: { ...controlAccess, ...jobAccess },
  standing: ({ stores }) => (_action, arn) => standingOfJob(stores, arn),

  open(ports) {
    const parts = partsOf(ports);
    followJobs(parts);
    return {
      ...accountBlockOperations(parts),
      ...jobOperations(parts),
      ...objectLambdaPointOperations(parts),
      ...policyOperations(parts),
      ...standardPointOperations(parts),
      ...tagOperations(parts),
    };
  },
});
