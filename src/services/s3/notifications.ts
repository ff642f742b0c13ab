// The notification configuration of a bucket: put, checked with its destinations, and read.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
import type * as Sdk from "@aws-sdk/client-s3";
import type { Api, RoomPorts } from "../service.ts";
import { putSetting } from "./bucket-settings.ts";
import { notSupported } from "./errors.ts";
import { bucketArn } from "./names.ts";
import { checkDestinations } from "./notification-destinations.ts";
import { testEventText } from "./notification-event.ts";
import { readRules, showRules } from "./notification-rules.ts";
import { defaultBusArn, noticeSend } from "./notify.ts";
import type { Parts } from "./parts.ts";

type Operations = Pick<Api<typeof Sdk>, "PutBucketNotificationConfiguration" | "GetBucketNotificationConfiguration">;

export function notificationOperations(parts: Parts, ports: Pick<RoomPorts, "access" | "directory" | "targets">): Operations {
  return {
    async PutBucketNotificationConfiguration(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutBucketNotification", bucketArn(input.Bucket));
      const notification = readRules(input.NotificationConfiguration, bucket.region, parts.ids.uuid);
      if (notification.eventBridge && !ports.targets.serves(defaultBusArn(bucket))) throw notSupported("EventBridgeConfiguration");
      if (!input.SkipDestinationValidation) await checkDestinations(ports, bucket, notification.rules);
      const sentMs = call.now.getTime();
      const text = testEventText(bucket.name, sentMs, call.requestId);
      const { name, account, region } = bucket;
      const tested = input.SkipDestinationValidation ? [] : notification.rules.filter(({ kind }) => kind !== "function");
      await putSetting(parts, bucket, "notification", notification, tested.map(({ kind, arn }) => noticeSend(parts.ids.uuid(), { kind, arn, bucket: { name, account, region }, text, sentMs })));
      return {};
    },

    async GetBucketNotificationConfiguration(input, call) {
      const { settings } = await parts.lookup.find(input, call, "GetBucketNotification", bucketArn(input.Bucket));
      return settings.notification ? showRules(settings.notification) : {};
    },
  };
}
