// Whether a bucket keeps versions: never, now, or no more. What that means for objects is in change.ts.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
import { changeBucket } from "./bucket-settings.ts";
import { malformedXml } from "./errors.ts";
import { bucketArn } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { mfaDelete, noVersioningStatus, versioningIsLocked } from "./settings-errors.ts";

export function versioningOperations(parts: Parts): Pick<Operations, "GetBucketVersioning" | "PutBucketVersioning"> {
  return {
    async GetBucketVersioning(input, call) {
      const { versioning } = await parts.lookup.find(input, call, "GetBucketVersioning", bucketArn(input.Bucket));
      return versioning ? { Status: versioning } : {};
    },

    async PutBucketVersioning(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutBucketVersioning", bucketArn(input.Bucket));
      const { Status: status, MFADelete } = input.VersioningConfiguration;
      if (status === undefined) throw noVersioningStatus();
      if (status !== "Enabled" && status !== "Suspended") throw malformedXml();
      if (MFADelete === "Enabled") throw mfaDelete();
      await changeBucket(parts, bucket, (current) => {
        if (status === "Suspended" && current.settings.objectLock) throw versioningIsLocked();
        return { ...current, versioning: status };
      });
      return {};
    },
  };
}
