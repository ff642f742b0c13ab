// Who pays for requests, and the settings of transfer acceleration and access logs as far as they can be had here.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RequesterPaysBuckets.html
import { deleteSetting, putSetting } from "./bucket-settings.ts";
import { malformedXml, notSupported } from "./errors.ts";
import { bucketArn } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { dotsNotAccelerated } from "./settings-errors.ts";

type Served = "GetBucketRequestPayment" | "PutBucketRequestPayment" | "GetBucketAccelerateConfiguration" | "PutBucketAccelerateConfiguration" | "GetBucketLogging" | "PutBucketLogging";

export function paymentOperations(parts: Parts): Pick<Operations, Served> {
  return {
    async GetBucketRequestPayment(input, call) {
      const { settings } = await parts.lookup.find(input, call, "GetBucketRequestPayment", bucketArn(input.Bucket));
      return { Payer: settings.payer ?? "BucketOwner" };
    },

    async PutBucketRequestPayment(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutBucketRequestPayment", bucketArn(input.Bucket));
      const { Payer: payer } = input.RequestPaymentConfiguration;
      if (payer === "Requester") await putSetting(parts, bucket, "payer", payer);
      else if (payer === "BucketOwner") await deleteSetting(parts, bucket, "payer");
      else throw malformedXml();
      return {};
    },

    async GetBucketAccelerateConfiguration(input, call) {
      const { settings } = await parts.lookup.find(input, call, "GetAccelerateConfiguration", bucketArn(input.Bucket));
      return settings.acceleration ? { Status: settings.acceleration } : {};
    },

    // There is no faster way to this machine, so it can only be suspended.
    async PutBucketAccelerateConfiguration(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutAccelerateConfiguration", bucketArn(input.Bucket));
      const { Status: status } = input.AccelerateConfiguration;
      if (bucket.name.includes(".")) throw dotsNotAccelerated(); // first: recorded
      if (status !== "Enabled" && status !== "Suspended") throw malformedXml();
      if (status === "Enabled") throw notSupported("transfer acceleration");
      await putSetting(parts, bucket, "acceleration", status);
      return {};
    },

    async GetBucketLogging(input, call) {
      await parts.lookup.find(input, call, "GetBucketLogging", bucketArn(input.Bucket));
      return {};
    },

    async PutBucketLogging(input, call) {
      await parts.lookup.find(input, call, "PutBucketLogging", bucketArn(input.Bucket));
      if (input.BucketLoggingStatus.LoggingEnabled) throw notSupported("LoggingEnabled, server access logs");
      return {};
    },
  };
}

interface Answering { (input: any, call: any): Promise<object> }

/** Who says that it pays is told that it was charged, where the bucket asks for it. */
export function tellingWhoPays<T extends object>(parts: Parts, operations: T): T {
  const told = async (output: object, bucket = "") => ((await parts.buckets.get(bucket))?.settings.payer === "Requester" ? { ...output, RequestCharged: "requester" } : output);
  const telling = (work: Answering) => (input: { Bucket?: string; RequestPayer?: string }, call: unknown) =>
    (input.RequestPayer === undefined ? work(input, call) : work(input, call).then((output) => told(output, input.Bucket)));
  return Object.fromEntries(Object.entries(operations as Record<string, Answering>).map(([name, work]) => [name, telling(work)])) as T;
}
