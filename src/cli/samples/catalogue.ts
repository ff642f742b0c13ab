// Every source there is a sample event of, by the name people would type first.
import { APPSYNC } from "./appsync.ts";
import { ACTIVEMQ, DOCUMENTDB, KAFKA, MSK, RABBITMQ } from "./brokers.ts";
import { COGNITO, COGNITO_SYNC } from "./cognito.ts";
import { ALEXA, ALEXA_SMART_HOME, CONNECT, LEX_V1, LEX_V2 } from "./conversation.ts";
import { CODECOMMIT, CODEPIPELINE, FIREHOSE, IOT, IOT_EVENTS } from "./devices-and-pipelines.ts";
import { CLOUDFRONT } from "./edge.ts";
import { CLOUDTRAIL, EVENTBRIDGE, SCHEDULER } from "./eventbridge.ts";
import type { Facts, Samples } from "./facts.ts";
import { ALB, FUNCTION_URL, HTTP_API, VPC_LATTICE } from "./http.ts";
import { SES, SNS } from "./messaging.ts";
import { ALARM, CLOUDFORMATION, CONFIG, LOGS, SECRETS_MANAGER, STEP_FUNCTIONS } from "./operations.ts";
import { DYNAMODB, KINESIS, SQS } from "./queues-and-streams.ts";
import { REST_API, WEBSOCKET } from "./rest-api.ts";
import { S3_BATCH, S3_OBJECT_LAMBDA } from "./s3-callers.ts";
import { S3 } from "./s3.ts";

export interface Source {
  title: string;
  samples: Samples;
  /** Other names people know it by. */
  also?: readonly string[];
}

export const SOURCES: Record<string, Source> = {
  s3: { title: "Amazon S3 notifications", samples: S3 },
  "s3-batch": { title: "S3 Batch Operations", samples: S3_BATCH },
  "s3-object-lambda": { title: "S3 Object Lambda", samples: S3_OBJECT_LAMBDA },
  sns: { title: "Amazon SNS", samples: SNS },
  sqs: { title: "Amazon SQS", samples: SQS },
  ses: { title: "Amazon SES receiving", samples: SES },
  eventbridge: { title: "EventBridge (CloudWatch Events) rules", samples: EVENTBRIDGE, also: ["events", "cloudwatch-events"] },
  scheduler: { title: "EventBridge Scheduler", samples: SCHEDULER },
  cloudtrail: { title: "AWS CloudTrail", samples: CLOUDTRAIL },
  logs: { title: "CloudWatch Logs subscriptions", samples: LOGS, also: ["cloudwatch-logs", "cloudwatchlogs"] },
  alarm: { title: "CloudWatch alarms", samples: ALARM, also: ["cloudwatch-alarm", "cloudwatch"] },
  kinesis: { title: "Kinesis Data Streams", samples: KINESIS },
  firehose: { title: "Data Firehose transformation", samples: FIREHOSE, also: ["kinesis-firehose"] },
  dynamodb: { title: "DynamoDB Streams", samples: DYNAMODB, also: ["dynamodbstreams", "ddb"] },
  msk: { title: "Amazon MSK", samples: MSK },
  kafka: { title: "Self-managed Apache Kafka", samples: KAFKA },
  activemq: { title: "Amazon MQ: ActiveMQ", samples: ACTIVEMQ, also: ["mq"] },
  rabbitmq: { title: "Amazon MQ: RabbitMQ", samples: RABBITMQ },
  documentdb: { title: "Amazon DocumentDB", samples: DOCUMENTDB, also: ["docdb"] },
  "function-url": { title: "Function URLs", samples: FUNCTION_URL, also: ["url", "lambda-url"] },
  "http-api": { title: "API Gateway HTTP APIs, payload 2.0", samples: HTTP_API, also: ["apigatewayv2", "apigwv2"] },
  apigateway: { title: "API Gateway REST APIs", samples: REST_API, also: ["rest-api", "apigw", "api-gateway"] },
  websocket: { title: "API Gateway WebSocket APIs", samples: WEBSOCKET },
  alb: { title: "Application Load Balancer", samples: ALB, also: ["elb", "elasticloadbalancing"] },
  "vpc-lattice": { title: "VPC Lattice", samples: VPC_LATTICE, also: ["lattice"] },
  cloudfront: { title: "CloudFront, Lambda@Edge", samples: CLOUDFRONT, also: ["edge"] },
  appsync: { title: "AWS AppSync", samples: APPSYNC },
  cognito: { title: "Cognito user pools", samples: COGNITO, also: ["cognito-idp"] },
  "cognito-sync": { title: "Cognito Sync", samples: COGNITO_SYNC },
  lex: { title: "Lex V2", samples: LEX_V2, also: ["lexv2", "lex-v2"] },
  "lex-v1": { title: "Lex V1", samples: LEX_V1, also: ["lexv1"] },
  alexa: { title: "Alexa skills", samples: ALEXA },
  "alexa-smart-home": { title: "Alexa smart home", samples: ALEXA_SMART_HOME },
  connect: { title: "Amazon Connect", samples: CONNECT },
  cloudformation: { title: "CloudFormation custom resources and macros", samples: CLOUDFORMATION, also: ["cfn"] },
  codecommit: { title: "AWS CodeCommit", samples: CODECOMMIT },
  codepipeline: { title: "AWS CodePipeline", samples: CODEPIPELINE },
  config: { title: "AWS Config rules", samples: CONFIG },
  secretsmanager: { title: "Secrets Manager rotation", samples: SECRETS_MANAGER, also: ["secrets-manager", "secrets"] },
  stepfunctions: { title: "Step Functions tasks", samples: STEP_FUNCTIONS, also: ["step-functions", "states", "sfn"] },
  iot: { title: "AWS IoT rules, buttons and hooks", samples: IOT },
  "iot-events": { title: "AWS IoT Events", samples: IOT_EVENTS },
};

export interface Named {
  /** As one would type it: s3:ObjectCreated:Put. */
  name: string;
  sample: (facts: Facts) => unknown;
}

/** The sample called so, whatever its case and with or without "aws:" in front; a source alone means its usual one. Else the nearest names. */
export function findSample(text: string): Named | { nearest: string[] } {
  const wanted = text.toLowerCase().replace(/^aws[:.]/, "");
  const [first, ...rest] = wanted.split(":");
  const source = Object.keys(SOURCES).find((name) => name === first || SOURCES[name]!.also?.includes(first!));
  const types = source === undefined ? [] : Object.keys(SOURCES[source]!.samples);
  const type = rest.length === 0 ? types[0] : types.find((name) => name.toLowerCase() === rest.join(":"));
  if (source !== undefined && type !== undefined) return { name: `${source}:${type}`, sample: SOURCES[source]!.samples[type]! };
  return { nearest: source === undefined ? nearest(wanted) : nearestOf(types, rest.join(":")).map((name) => `${source}:${name}`) };
}

const allNames = (): string[] => Object.entries(SOURCES).flatMap(([source, { samples }]) => Object.keys(samples).map((type) => `${source}:${type}`));

/** A source's name, or a type's alone ("ObjectCreated:Put", "PreSignUp_SignUp"). */
function nearest(wanted: string): string[] {
  const typed = allNames().filter((name) => name.toLowerCase().endsWith(`:${wanted}`));
  return typed.length > 0 ? typed : nearestOf(Object.keys(SOURCES), wanted.split(":")[0]!);
}

const NEAREST = 3;

function nearestOf(names: string[], wanted: string): string[] {
  const scored = names.map((name) => ({ name, score: name.toLowerCase().includes(wanted) ? 0 : distance(name.toLowerCase(), wanted) }));
  return scored.sort((a, b) => a.score - b.score).slice(0, NEAREST).map(({ name }) => name);
}

/** How many letters must be added, taken away or changed. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
