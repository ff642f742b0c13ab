// EventBridge rules and Scheduler, and CloudTrail through it. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
import { type Facts, type Samples, seconds } from "./facts.ts";

function event<Type extends string, Detail>(facts: Facts, source: string, type: Type, resources: string[], detail: Detail) {
  const { now, region, account, uuid } = facts;
  return { version: "0", id: uuid(), "detail-type": type, source, account, time: seconds(now), region, resources, detail };
}

const object = (facts: Facts, type: string, reason: string) => event(facts, "aws.s3", type, ["arn:aws:s3:::amzn-s3-demo-bucket"], {
  version: "0", bucket: { name: "amzn-s3-demo-bucket" },
  object: { key: "red flower.jpg", ...(type === "Object Created" ? { size: 1024, etag: facts.hex(32) } : {}), sequencer: facts.hex(18).toUpperCase() },
  "request-id": facts.hex(16).toUpperCase(), requester: facts.account, "source-ip-address": "203.0.113.1", reason,
  ...(type === "Object Deleted" ? { "deletion-type": "Permanently Deleted" } : {}),
});

export const EVENTBRIDGE = {
  scheduled: (facts: Facts) => event(facts, "aws.events", "Scheduled Event", [`arn:aws:events:${facts.region}:${facts.account}:rule/my-schedule`], {}),
  custom: (facts: Facts) => event(facts, "com.example.orders", "Order Placed", [], { orderId: "1234", total: 42.5 }),
  "ec2-state-change": (facts: Facts) => {
    const id = `i-${facts.hex(17)}`;
    return event(facts, "aws.ec2", "EC2 Instance State-change Notification", [`arn:aws:ec2:${facts.region}:${facts.account}:instance/${id}`], { "instance-id": id, state: "running" });
  },
  "autoscaling-launch": (facts: Facts) => {
    const id = `i-${facts.hex(17)}`;
    const { region, account, now, uuid } = facts;
    const group = `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:${uuid()}:autoScalingGroupName/my-group`;
    return event(facts, "aws.autoscaling", "EC2 Instance Launch Successful", [group, `arn:aws:ec2:${region}:${account}:instance/${id}`], {
      StatusCode: "InProgress", Description: `Launching a new EC2 instance: ${id}`, AutoScalingGroupName: "my-group", ActivityId: uuid(), Details: { "Availability Zone": `${region}a`, "Subnet ID": `subnet-${facts.hex(17)}` },
      RequestId: uuid(), StatusMessage: "", EndTime: seconds(now), EC2InstanceId: id, StartTime: seconds(now), Cause: "An instance was started in response to a difference between desired and actual capacity.",
    });
  },
  "s3-object-created": (facts: Facts) => object(facts, "Object Created", "PutObject"),
  "s3-object-deleted": (facts: Facts) => object(facts, "Object Deleted", "DeleteObject"),
  "codepipeline-state-change": (facts: Facts) => event(facts, "aws.codepipeline", "CodePipeline Pipeline Execution State Change" as const, [`arn:aws:codepipeline:${facts.region}:${facts.account}:my-pipeline`], {
    pipeline: "my-pipeline", version: 1, state: "STARTED" as const, "execution-id": facts.uuid(),
  }),
  "alarm-state-change": (facts: Facts) => event(facts, "aws.cloudwatch", "CloudWatch Alarm State Change", [`arn:aws:cloudwatch:${facts.region}:${facts.account}:alarm:my-alarm`], {
    alarmName: "my-alarm",
    state: { value: "ALARM", reason: "Threshold Crossed: 1 datapoint [3.0] was greater than the threshold (1.0).", reasonData: JSON.stringify({ version: "1.0", threshold: 1, recentDatapoints: [3] }), timestamp: facts.now.toISOString().replace("Z", "+0000") },
    previousState: { value: "OK", timestamp: facts.now.toISOString().replace("Z", "+0000") },
    configuration: { metrics: [{ id: "m1", metricStat: { metric: { namespace: "AWS/Lambda", name: "Errors", dimensions: { FunctionName: "my-function" } }, period: 60, stat: "Sum" }, returnData: true }] },
  }),
} satisfies Samples;

/** The API call that a trail has recorded. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
function apiCall({ now, region, account, uuid, principal }: Facts) {
  return {
    eventVersion: "1.11",
    userIdentity: { type: "IAMUser", principalId: principal("AIDA"), arn: `arn:aws:iam::${account}:user/Alice`, accountId: account, accessKeyId: principal("AKIA"), userName: "Alice" },
    eventTime: seconds(now), eventSource: "s3.amazonaws.com", eventName: "DeleteBucket", awsRegion: region, sourceIPAddress: "203.0.113.1", userAgent: "[aws-cli/2.30.0]",
    requestParameters: { bucketName: "amzn-s3-demo-bucket" }, responseElements: null, requestID: uuid(), eventID: uuid(), readOnly: false, eventType: "AwsApiCall", managementEvent: true, recipientAccountId: account, eventCategory: "Management",
  };
}

export const CLOUDTRAIL = {
  eventbridge: (facts: Facts) => event(facts, "aws.s3", "AWS API Call via CloudTrail", [], apiCall(facts)),
  /** What is in the gzipped file that a trail writes to its bucket; the function itself gets S3's event. */
  "log-file": (facts: Facts) => ({ Records: [apiCall(facts)] }),
} satisfies Samples;

export const SCHEDULER = {
  /** A schedule without an Input of its own (recalled: no AWS page shows this document whole). */
  schedule: (facts: Facts) => event(facts, "aws.scheduler", "Scheduled Event", [`arn:aws:scheduler:${facts.region}:${facts.account}:schedule/default/my-schedule`], "{}"),
  /** An Input made of the context attributes. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
  input: ({ now, region, account, uuid }: Facts) => ({
    "schedule-arn": `arn:aws:scheduler:${region}:${account}:schedule/default/my-schedule`, "scheduled-time": seconds(now), "execution-id": uuid(), "attempt-number": "1",
  }),
} satisfies Samples;
