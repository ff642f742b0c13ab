// Amazon S3: notifications. https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
import type { Facts, Samples } from "./facts.ts";

const BUCKET = "amzn-s3-demo-bucket";

interface Object {
  key: string;
  size?: number;
  eTag?: string;
  versionId?: string;
  sequencer?: string;
}

const stored = ({ hex }: Facts): Required<Pick<Object, "key" | "size" | "eTag" | "sequencer">> => ({ key: "red+flower.jpg", size: 1024, eTag: hex(32), sequencer: hex(18).toUpperCase() });

/** Only what PUTs and DELETEs have an order for carries a sequencer. */
function unordered(facts: Facts): Required<Pick<Object, "key" | "size" | "eTag" | "versionId">> {
  const { key, size, eTag } = stored(facts);
  return { key, size, eTag, versionId: facts.word(32) };
}

function record<O extends Object>(facts: Facts, eventName: string, eventVersion: string, object: O) {
  const { now, region, principal, opaque, hex } = facts;
  return {
    eventVersion, eventSource: "aws:s3", awsRegion: region, eventTime: now.toISOString(), eventName,
    userIdentity: { principalId: `AWS:${principal("AIDA")}` },
    requestParameters: { sourceIPAddress: "203.0.113.1" },
    responseElements: { "x-amz-request-id": hex(16).toUpperCase(), "x-amz-id-2": opaque(48) },
    s3: {
      s3SchemaVersion: "1.0", configurationId: "my-notification",
      bucket: { name: BUCKET, ownerIdentity: { principalId: principal("A") }, arn: `arn:aws:s3:::${BUCKET}` },
      object,
    },
  };
}

const created = (name: string) => (facts: Facts) => ({ Records: [record(facts, `ObjectCreated:${name}`, "2.1", stored(facts))] });
const removed = (name: string, version: boolean) => (facts: Facts) => {
  const { key, eTag, sequencer } = stored(facts);
  return { Records: [record(facts, name, name.startsWith("Lifecycle") ? "2.3" : "2.1", version ? { key, eTag, versionId: facts.word(32), sequencer } : { key, sequencer })] };
};
const changed = (name: string) => (facts: Facts) => ({ Records: [record(facts, name, "2.3", unordered(facts))] });
const restored = (name: string) => (facts: Facts) => ({
  Records: [{
    ...record(facts, `ObjectRestore:${name}`, "2.1", { ...stored(facts), versionId: facts.word(32) }),
    glacierEventData: { restoreEventData: { lifecycleRestorationExpiryTime: facts.now.toISOString(), lifecycleRestoreStorageClass: "GLACIER" } },
  }],
});
const replicated = (name: string, more: { failureReason?: string; threshold?: string; replicationTime?: string }) => (facts: Facts) => ({
  Records: [{
    ...record(facts, `Replication:${name}`, "2.2", unordered(facts)),
    replicationEventData: { replicationRuleId: "my-rule", destinationBucket: "arn:aws:s3:::amzn-s3-demo-destination-bucket", s3Operation: "OBJECT_PUT", requestTime: facts.now.toISOString(), ...more },
  }],
});

/** The event types of the service model, without those with an asterisk, which no event carries. */
export const S3 = {
  "ObjectCreated:Put": created("Put"),
  "ObjectCreated:Post": created("Post"),
  "ObjectCreated:Copy": created("Copy"),
  "ObjectCreated:CompleteMultipartUpload": created("CompleteMultipartUpload"),
  "ObjectRemoved:Delete": removed("ObjectRemoved:Delete", false),
  "ObjectRemoved:DeleteMarkerCreated": removed("ObjectRemoved:DeleteMarkerCreated", true),
  "ObjectRestore:Post": (facts: Facts) => ({ Records: [record(facts, "ObjectRestore:Post", "2.1", { ...stored(facts), versionId: facts.word(32) })] }),
  "ObjectRestore:Completed": restored("Completed"),
  "ObjectRestore:Delete": restored("Delete"),
  ReducedRedundancyLostObject: (facts: Facts) => ({ Records: [record(facts, "ReducedRedundancyLostObject", "2.1", { key: "red+flower.jpg" })] }),
  "Replication:OperationFailedReplication": replicated("OperationFailedReplication", { failureReason: "AssumeRoleNotPermitted" }),
  "Replication:OperationMissedThreshold": replicated("OperationMissedThreshold", { threshold: "15" }),
  "Replication:OperationReplicatedAfterThreshold": replicated("OperationReplicatedAfterThreshold", { threshold: "15", replicationTime: "16" }),
  "Replication:OperationNotTracked": replicated("OperationNotTracked", {}),
  "LifecycleExpiration:Delete": removed("LifecycleExpiration:Delete", false),
  "LifecycleExpiration:DeleteMarkerCreated": removed("LifecycleExpiration:DeleteMarkerCreated", true),
  LifecycleTransition: (facts: Facts) => ({
    Records: [{ ...record(facts, "LifecycleTransition", "2.3", unordered(facts)), lifecycleEventData: { transitionEventData: { destinationStorageClass: "GLACIER" } } }],
  }),
  IntelligentTiering: (facts: Facts) => ({
    Records: [{ ...record(facts, "IntelligentTiering", "2.3", unordered(facts)), intelligentTieringEventData: { destinationAccessTier: "ARCHIVE_ACCESS" } }],
  }),
  "ObjectTagging:Put": changed("ObjectTagging:Put"),
  "ObjectTagging:Delete": changed("ObjectTagging:Delete"),
  "ObjectAcl:Put": changed("ObjectAcl:Put"),
  "ObjectAnnotation:Put": changed("ObjectAnnotation:Put"),
  "ObjectAnnotation:Delete": changed("ObjectAnnotation:Delete"),
  "ObjectRetention:Put": changed("ObjectRetention:Put"),
} satisfies Samples;
