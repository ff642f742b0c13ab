// What operates an account: CloudWatch Logs and alarms, CloudFormation, Config, Secrets Manager, Step Functions.
import { gzipSync } from "node:zlib";
import { type Facts, type Samples, withOffset } from "./facts.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html */
const subscription = (message: Record<string, unknown>) => ({ awslogs: { data: gzipSync(JSON.stringify(message)).toString("base64") } });

export const LOGS = {
  DATA_MESSAGE: ({ now, account, digits }: Facts) => subscription({
    messageType: "DATA_MESSAGE", owner: account, logGroup: "my-log-group", logStream: "my-log-stream", subscriptionFilters: ["my-filter"],
    logEvents: ["[ERROR] First test message", "[ERROR] Second test message"].map((message, at) => ({ id: `319${digits(53)}`, timestamp: now.getTime() + at, message })),
  }),
  CONTROL_MESSAGE: ({ now }: Facts) => subscription({
    messageType: "CONTROL_MESSAGE", owner: "CloudwatchLogs", logGroup: "", logStream: "", subscriptionFilters: [],
    logEvents: [{ id: "", timestamp: now.getTime(), message: "CWL CONTROL MESSAGE: Checking health of destination Firehose." }],
  }),
} satisfies Samples;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
function alarm<Configuration>({ now, region, account }: Facts, configuration: Configuration, more: { actionsSuppressedBy?: string } = {}) {
  const timestamp = withOffset(now);
  return {
    source: "aws.cloudwatch", alarmArn: `arn:aws:cloudwatch:${region}:${account}:alarm:my-alarm`, accountId: account, time: timestamp, region,
    alarmData: {
      alarmName: "my-alarm",
      state: { value: "ALARM", reason: "Threshold Crossed: 1 datapoint [3.0] was greater than the threshold (1.0).", reasonData: JSON.stringify({ version: "1.0", queryDate: timestamp, statistic: "Sum", period: 60, recentDatapoints: [3], threshold: 1 }), timestamp },
      previousState: { value: "OK", reason: "Threshold Crossed: 1 datapoint [0.0] was not greater than the threshold (1.0).", reasonData: JSON.stringify({ version: "1.0", statistic: "Sum", period: 60, recentDatapoints: [0], threshold: 1 }), timestamp, ...more },
      configuration,
    },
  };
}

export const ALARM = {
  metric: (facts: Facts) => alarm(facts, { description: "Too many errors", metrics: [{ id: "m1", metricStat: { metric: { namespace: "AWS/Lambda", name: "Errors", dimensions: { FunctionName: "my-function" } }, period: 60, stat: "Sum" }, returnData: true }] }),
  composite: (facts: Facts) => alarm(facts, { alarmRule: 'ALARM("my-alarm-1") AND ALARM("my-alarm-2")', actionsSuppressor: `arn:aws:cloudwatch:${facts.region}:${facts.account}:alarm:my-suppressor`, actionsSuppressorWaitPeriod: 120, actionsSuppressorExtensionPeriod: 180 }, { actionsSuppressedBy: "WaitPeriod" }),
} satisfies Samples;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html */
function resource({ region, account, uuid }: Facts) {
  const ServiceToken = `arn:aws:lambda:${region}:${account}:function:my-function`;
  return {
    ServiceToken, ResponseURL: `https://cloudformation-custom-resource-response-${region.replaceAll("-", "")}.s3.${region}.amazonaws.com/${uuid()}?X-Amz-Signature=none`,
    StackId: `arn:aws:cloudformation:${region}:${account}:stack/my-stack/${uuid()}`, RequestId: uuid(), LogicalResourceId: "MyTestResource", ResourceType: "Custom::TestResource",
    ResourceProperties: { ServiceToken, StackName: "my-stack", List: ["1", "2", "3"] },
  };
}

export const CLOUDFORMATION = {
  Create: (facts: Facts) => ({ RequestType: "Create" as const, ...resource(facts) }),
  Update: (facts: Facts) => {
    const now = resource(facts);
    return { RequestType: "Update" as const, ...now, PhysicalResourceId: "my-resource-1", OldResourceProperties: { ...now.ResourceProperties, List: ["1"] } };
  },
  Delete: (facts: Facts) => ({ RequestType: "Delete" as const, ...resource(facts), PhysicalResourceId: "my-resource-1" }),
  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html */
  macro: ({ region, account, uuid }: Facts) => ({
    region, accountId: account, fragment: { Resources: { Topic: { Type: "AWS::SNS::Topic" } } }, transformId: `${account}::MyMacro`, params: { Key: "value" }, requestId: uuid(), templateParameterValues: { Stage: "dev" },
  }),
} satisfies Samples;

/** https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html */
function evaluation({ region, account, word, opaque }: Facts, invokingEvent: Record<string, unknown>) {
  const configRuleId = `config-rule-${word(6)}`;
  return {
    version: "1.0", invokingEvent: JSON.stringify(invokingEvent), ruleParameters: JSON.stringify({ desiredInstanceType: "t3.micro" }), resultToken: opaque(60), eventLeftScope: false,
    executionRoleArn: `arn:aws:iam::${account}:role/config-role`, configRuleArn: `arn:aws:config:${region}:${account}:config-rule/${configRuleId}`, configRuleName: "my-rule", configRuleId, accountId: account,
  };
}

function instance({ now, region, account, hex }: Facts) {
  const resourceId = `i-${hex(17)}`;
  return {
    configurationItemVersion: "1.3", configurationItemCaptureTime: now.toISOString(), awsAccountId: account, configurationItemStatus: "OK", configurationStateId: String(now.getTime()), configurationStateMd5Hash: "",
    ARN: `arn:aws:ec2:${region}:${account}:instance/${resourceId}`, resourceType: "AWS::EC2::Instance", resourceId, awsRegion: region, availabilityZone: `${region}a`,
  };
}

export const CONFIG = {
  ConfigurationItemChangeNotification: (facts: Facts) => evaluation(facts, {
    configurationItem: { ...instance(facts), resourceCreationTime: facts.now.toISOString(), tags: { Name: "my-instance" }, relatedEvents: [], relationships: [], configuration: { instanceType: "t3.micro" }, supplementaryConfiguration: {} },
    configurationItemDiff: null, messageType: "ConfigurationItemChangeNotification", notificationCreationTime: facts.now.toISOString(), recordVersion: "1.3",
  }),
  OversizedConfigurationItemChangeNotification: (facts: Facts) => evaluation(facts, {
    configurationItemSummary: { ...instance(facts), changeType: "UPDATE" }, messageType: "OversizedConfigurationItemChangeNotification", notificationCreationTime: facts.now.toISOString(), recordVersion: "1.0",
  }),
  ScheduledNotification: (facts: Facts) => evaluation(facts, { awsAccountId: facts.account, notificationCreationTime: facts.now.toISOString(), messageType: "ScheduledNotification", recordVersion: "1.0" }),
} satisfies Samples;

/** https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html */
const rotation = <Step extends string>(step: Step) => ({ region, account, uuid, word }: Facts) => ({ Step: step, SecretId: `arn:aws:secretsmanager:${region}:${account}:secret:my-secret-${word(6)}`, ClientRequestToken: uuid() });

export const SECRETS_MANAGER = {
  createSecret: rotation("createSecret"), setSecret: rotation("setSecret"), testSecret: rotation("testSecret"), finishSecret: rotation("finishSecret"),
} satisfies Samples;

/** A task's event is what the state machine makes of its input. https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html */
export const STEP_FUNCTIONS = {
  task: () => ({ orderId: "1234", total: 42.5 }),
  waitForTaskToken: ({ opaque }: Facts) => ({ input: { orderId: "1234", total: 42.5 }, token: opaque(120) }),
  context: ({ now, region, account, uuid, opaque }: Facts) => {
    const id = uuid();
    return {
      Execution: { Id: `arn:aws:states:${region}:${account}:execution:my-machine:${id}`, Input: { orderId: "1234" }, Name: id, RoleArn: `arn:aws:iam::${account}:role/my-role`, StartTime: now.toISOString() },
      StateMachine: { Id: `arn:aws:states:${region}:${account}:stateMachine:my-machine`, Name: "my-machine" }, State: { EnteredTime: now.toISOString(), Name: "MyTask", RetryCount: 0 }, Task: { Token: opaque(120) },
    };
  },
} satisfies Samples;

