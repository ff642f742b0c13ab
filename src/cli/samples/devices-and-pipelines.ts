// IoT, CodeCommit, CodePipeline, Firehose. https://docs.aws.amazon.com/iot/latest/developerguide/lambda-rule-action.html · https://docs.aws.amazon.com/codecommit/latest/userguide/how-to-notify-lambda.html
// https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html · https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
import { base64, type Facts, type Samples, withOffset } from "./facts.ts";

export const IOT = {
  /** What `SELECT *, topic() AS topic FROM 'sensors/+'` selects from a device's message. */
  rule: ({ now }: Facts) => ({ temperature: 21.5, humidity: 40, timestamp: now.getTime(), topic: "sensors/my-thing" }),
  button: ({ word }: Facts) => ({ serialNumber: `G030${word(12).toUpperCase()}`, batteryVoltage: "1567mV", clickType: "SINGLE" }),
  "1-click": ({ now, word }: Facts) => {
    const deviceId = `G030${word(12).toUpperCase()}`;
    return {
      deviceEvent: { buttonClicked: { clickType: "SINGLE", reportedTime: now.toISOString() } }, deviceInfo: { attributes: { key: "value" }, type: "button", deviceId, remainingLife: 5 },
      placementInfo: { projectName: "my-project", placementName: "my-placement", attributes: { location: "Seattle" }, devices: { myButton: deviceId } },
    };
  },
  authorizer: ({ uuid }: Facts) => ({
    token: "my-token", signatureVerified: true, protocols: ["tls" as const, "http" as const, "mqtt" as const],
    protocolData: { tls: { serverName: "my-endpoint.example.com" }, http: { headers: { "x-api-key": "my-key" }, queryString: "?token=my-token" }, mqtt: { username: "my-user", password: base64("my-password"), clientId: "my-thing" } }, connectionMetadata: { id: uuid() },
  }),
  "pre-provisioning": ({ region, account, uuid }: Facts) => ({ claimCertificateId: uuid(), certificateId: uuid(), certificatePem: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", templateArn: `arn:aws:iot:${region}:${account}:provisioningtemplate/my-template`, clientId: uuid(), parameters: { SerialNumber: "1234" } }),
} satisfies Samples;

/** The service ended in May 2026. */
export const IOT_EVENTS = {
  Message: ({ now, uuid }: Facts) => ({
    event: {
      eventName: "myChargedEvent", eventTime: now.getTime(),
      payload: { detector: { detectorModelName: "my-detector-model", detectorModelVersion: "4", keyValue: "100009" }, eventTriggerDetails: { triggerType: "Message", inputName: "my-input", messageId: uuid() }, actionExecutionId: uuid(), state: { variables: {}, stateName: "Charged", timers: {} } },
    },
  }),
} satisfies Samples;

interface Reference { commit: string; ref: string; created?: boolean; deleted?: boolean }

function repository({ now, region, account, uuid }: Facts, eventName: string, reference: Reference) {
  return {
    Records: [{
      awsRegion: region, codecommit: { references: [reference] }, customData: "my custom data", eventId: uuid(), eventName, eventPartNumber: 1, eventSource: "aws:codecommit", eventSourceARN: `arn:aws:codecommit:${region}:${account}:my-repository`,
      eventTime: withOffset(now), eventTotalParts: 1, eventTriggerConfigId: uuid(), eventTriggerName: "my-trigger", eventVersion: "1.0", userIdentityARN: `arn:aws:iam::${account}:user/Alice`,
    }],
  };
}

export const CODECOMMIT = {
  updateReference: (facts: Facts) => repository(facts, "ReferenceChanges", { commit: facts.hex(40), ref: "refs/heads/main" }),
  createReference: (facts: Facts) => repository(facts, "ReferenceChanges", { commit: facts.hex(40), ref: "refs/heads/my-branch", created: true }),
  deleteReference: (facts: Facts) => repository(facts, "ReferenceChanges", { commit: facts.hex(40), ref: "refs/heads/my-branch", deleted: true }),
  TriggerEventTest: (facts: Facts) => repository(facts, "TriggerEventTest", { commit: facts.hex(40), ref: "refs/heads/main" }),
} satisfies Samples;

function job<More extends object>({ account, uuid, principal, opaque, region }: Facts, more: More) {
  return {
    "CodePipeline.job": {
      id: uuid(), accountId: account,
      data: {
        actionConfiguration: { configuration: { FunctionName: "my-function", UserParameters: "my-parameters" } },
        inputArtifacts: [{ name: "SourceArtifact", revision: null, location: { type: "S3" as const, s3Location: { bucketName: `codepipeline-${region}-1234567890`, objectKey: "my-pipeline/SourceArti/abc1234" } } }], outputArtifacts: [],
        artifactCredentials: { accessKeyId: principal("ASIA"), secretAccessKey: opaque(30), sessionToken: opaque(96) }, ...more,
      },
    },
  };
}

export const CODEPIPELINE = {
  job: (facts: Facts) => job(facts, {}),
  continuation: (facts: Facts) => job(facts, { continuationToken: facts.opaque(24) }),
} satisfies Samples;

const TEXT = "Hello from Firehose!";

function batch({ region, account, uuid }: Facts) {
  return { invocationId: uuid(), deliveryStreamArn: `arn:aws:firehose:${region}:${account}:deliverystream/my-stream`, region };
}

export const FIREHOSE = {
  "direct-put": (facts: Facts) => ({ ...batch(facts), records: [{ recordId: `495${facts.digits(53)}000000`, approximateArrivalTimestamp: facts.now.getTime(), data: base64(TEXT) }] }),
  kinesis: (facts: Facts) => {
    const sequenceNumber = `495${facts.digits(53)}`;
    return {
      ...batch(facts), sourceKinesisStreamArn: `arn:aws:kinesis:${facts.region}:${facts.account}:stream/my-source`,
      records: [{
        recordId: `${sequenceNumber}000000`, approximateArrivalTimestamp: facts.now.getTime(), data: base64(TEXT),
        kinesisRecordMetadata: { sequenceNumber, subsequenceNumber: 0, partitionKey: "1", shardId: "shardId-000000000000", approximateArrivalTimestamp: facts.now.getTime() },
      }],
    };
  },
} satisfies Samples;
