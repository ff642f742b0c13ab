// Amazon SNS and SES. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html · https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html
import type { Facts, Samples } from "./facts.ts";
import { withOffset } from "./facts.ts";

function notification(facts: Facts, Message: string, Subject: string | null, MessageAttributes: Record<string, { Type: string; Value: string }>) {
  const { now, region, account, uuid, opaque, hex } = facts;
  const topic = `arn:aws:sns:${region}:${account}:my-topic`;
  const subscription = `${topic}:${uuid()}`;
  return {
    Records: [{
      EventVersion: "1.0", EventSubscriptionArn: subscription, EventSource: "aws:sns",
      Sns: {
        SignatureVersion: "1", Timestamp: now.toISOString(), Signature: opaque(256),
        SigningCertUrl: `https://sns.${region}.amazonaws.com/SimpleNotificationService-${hex(32)}.pem`,
        MessageId: uuid(), Message, MessageAttributes, Type: "Notification",
        UnsubscribeUrl: `https://sns.${region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${subscription}`,
        TopicArn: topic, Subject,
      },
    }],
  };
}

/** An alarm's message, as the topic's subscribers see it. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html */
function alarmMessage({ now, region, account }: Facts): string {
  return JSON.stringify({
    AlarmName: "my-alarm", AlarmDescription: "Too many errors", AWSAccountId: account, AlarmConfigurationUpdatedTimestamp: withOffset(now), AlarmActions: [], OKActions: [], InsufficientDataActions: [],
    NewStateValue: "ALARM", NewStateReason: "Threshold Crossed: 1 datapoint [3.0] was greater than the threshold (1.0).", StateChangeTime: withOffset(now), Region: "US East (N. Virginia)",
    AlarmArn: `arn:aws:cloudwatch:${region}:${account}:alarm:my-alarm`, OldStateValue: "OK",
    Trigger: {
      MetricName: "Errors", Namespace: "AWS/Lambda", StatisticType: "Statistic", Statistic: "SUM", Unit: null, Dimensions: [{ value: "my-function", name: "FunctionName" }],
      Period: 60, EvaluationPeriods: 1, DatapointsToAlarm: 1, ComparisonOperator: "GreaterThanThreshold", Threshold: 1, TreatMissingData: "missing", EvaluateLowSampleCountPercentile: "",
    },
  });
}

export const SNS = {
  notification: (facts: Facts) => notification(facts, "Hello from SNS!", "A subject", { Test: { Type: "String", Value: "TestString" }, TestBinary: { Type: "Binary", Value: "VGVzdEJpbmFyeQ==" } }),
  "no-subject": (facts: Facts) => notification(facts, "Hello from SNS!", null, {}),
  alarm: (facts: Facts) => notification(facts, alarmMessage(facts), 'ALARM: "my-alarm" in US East (N. Virginia)', {}),
} satisfies Samples;

const PASS = { status: "PASS" as const };

function mail(facts: Facts, invocationType: "Event" | "RequestResponse") {
  const { now, region, account, word } = facts;
  const messageId = word(40);
  const date = now.toUTCString().replace("GMT", "+0000");
  return {
    Records: [{
      eventSource: "aws:ses", eventVersion: "1.0",
      ses: {
        mail: {
          timestamp: now.toISOString(), source: "janedoe@example.com", messageId, destination: ["johndoe@example.com"], headersTruncated: false,
          headers: [
            { name: "Return-Path", value: "<janedoe@example.com>" }, { name: "From", value: "Jane Doe <janedoe@example.com>" }, { name: "Date", value: date },
            { name: "Message-ID", value: "<0123456789example.com>" }, { name: "To", value: "johndoe@example.com" }, { name: "Subject", value: "Test Subject" }, { name: "Content-Type", value: "text/plain; charset=UTF-8" },
          ],
          commonHeaders: { returnPath: "janedoe@example.com", from: ["Jane Doe <janedoe@example.com>"], date, to: ["johndoe@example.com"], messageId: "<0123456789example.com>", subject: "Test Subject" },
        },
        receipt: {
          timestamp: now.toISOString(), processingTimeMillis: 574, recipients: ["johndoe@example.com"],
          spamVerdict: PASS, virusVerdict: PASS, spfVerdict: PASS, dkimVerdict: PASS, dmarcVerdict: PASS,
          action: { type: "Lambda" as const, functionArn: `arn:aws:lambda:${region}:${account}:function:my-function`, invocationType },
        },
      },
    }],
  };
}

export const SES = {
  Event: (facts: Facts) => mail(facts, "Event"),
  RequestResponse: (facts: Facts) => mail(facts, "RequestResponse"),
} satisfies Samples;
