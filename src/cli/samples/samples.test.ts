// The shapes of samples are the ones AWS's users compile against (@types/aws-lambda): the compiler checks them here, the runtime what types cannot say.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import type * as Aws from "aws-lambda";
import { seededIds } from "../../kernel/ids.ts";
import { APPSYNC } from "./appsync.ts";
import { KAFKA, MSK } from "./brokers.ts";
import { findSample, SOURCES } from "./catalogue.ts";
import { COGNITO } from "./cognito.ts";
import { CONNECT, LEX_V1, LEX_V2 } from "./conversation.ts";
import { CODECOMMIT, CODEPIPELINE, FIREHOSE, IOT } from "./devices-and-pipelines.ts";
import { CLOUDFRONT } from "./edge.ts";
import { EVENTBRIDGE } from "./eventbridge.ts";
import { factsOf } from "./facts.ts";
import { ALB, FUNCTION_URL, HTTP_API } from "./http.ts";
import { SES, SNS } from "./messaging.ts";
import { ALARM, CLOUDFORMATION, LOGS, SECRETS_MANAGER } from "./operations.ts";
import { DYNAMODB, KINESIS, SQS } from "./queues-and-streams.ts";
import { REST_API, WEBSOCKET } from "./rest-api.ts";
import { S3_BATCH } from "./s3-callers.ts";
import { S3 } from "./s3.ts";

const facts = factsOf({ ids: seededIds(1), nowMs: Date.UTC(2026, 10, 20, 10), account: "123456789012", region: "eu-west-1" });

test("samples fit the types that TypeScript functions are written against", () => {
  const messages: [Aws.S3Event, Aws.SNSEvent, Aws.SQSEvent, Aws.SESEvent, Aws.KinesisStreamEvent, Aws.DynamoDBStreamEvent, Aws.DynamoDBStreamEvent, Aws.MSKEvent, Aws.SelfManagedKafkaEvent, Aws.FirehoseTransformationEvent, Aws.S3BatchEvent] = [
    S3["ObjectCreated:Put"](facts), SNS.notification(facts) as Aws.SNSEvent, SQS.fifo(facts), SES.Event(facts), KINESIS.record(facts), DYNAMODB.MODIFY(facts), DYNAMODB.ttl(facts), MSK.record(facts), KAFKA.record(facts), FIREHOSE["direct-put"](facts), S3_BATCH["1.0"](facts),
  ];
  const requests: [Aws.APIGatewayProxyEvent, Aws.APIGatewayProxyEventV2, Aws.APIGatewayProxyEventV2WithJWTAuthorizer, Aws.APIGatewayProxyEventV2WithIAMAuthorizer, Aws.LambdaFunctionURLEvent, Aws.ALBEvent, Aws.ALBEvent, Aws.APIGatewayTokenAuthorizerEvent, Aws.APIGatewayRequestAuthorizerEvent, Aws.APIGatewayRequestAuthorizerEventV2, Aws.APIGatewayProxyWebsocketEventV2, Aws.AppSyncResolverEvent<{ id: string }>, Aws.AppSyncAuthorizerEvent] = [
    REST_API.request(facts), HTTP_API.request(facts), HTTP_API.jwt(facts), FUNCTION_URL.AWS_IAM(facts), FUNCTION_URL.NONE(facts), ALB.request(facts), ALB["multi-value"](facts), REST_API["token-authorizer"](facts), REST_API["request-authorizer"](facts), HTTP_API.authorizer(facts), WEBSOCKET.message(facts), APPSYNC.cognito(facts), APPSYNC.authorizer(facts),
  ];
  const operations: [Aws.CloudWatchLogsEvent, Aws.CloudWatchAlarmEvent, Aws.CloudWatchAlarmEvent, Aws.CloudFormationCustomResourceCreateEvent, Aws.CloudFormationCustomResourceUpdateEvent, Aws.CloudFormationCustomResourceDeleteEvent, Aws.SecretsManagerRotationEvent, Aws.CodeCommitTriggerEvent, Aws.CodePipelineEvent, Aws.ScheduledEvent<object>, Aws.CodePipelineCloudWatchPipelineEvent, Aws.IoTCustomAuthorizerEvent] = [
    LOGS.DATA_MESSAGE(facts), ALARM.metric(facts), ALARM.composite(facts), CLOUDFORMATION.Create(facts), CLOUDFORMATION.Update(facts), CLOUDFORMATION.Delete(facts), SECRETS_MANAGER.setSecret(facts), CODECOMMIT.updateReference(facts), CODEPIPELINE.job(facts), EVENTBRIDGE.scheduled(facts) as Aws.ScheduledEvent<object>, EVENTBRIDGE["codepipeline-state-change"](facts) as Aws.CodePipelineCloudWatchPipelineEvent, IOT.authorizer(facts),
  ];
  const edge: [Aws.CloudFrontRequestEvent, Aws.CloudFrontRequestEvent, Aws.CloudFrontResponseEvent, Aws.CloudFrontResponseEvent] = [CLOUDFRONT["viewer-request"](facts), CLOUDFRONT["origin-request"](facts), CLOUDFRONT["origin-response"](facts), CLOUDFRONT["viewer-response"](facts)];
  const talk: [Aws.LexV2Event, Aws.LexV2Event, Aws.LexEvent, Aws.ConnectContactFlowEvent, Aws.ConnectContactFlowEvent] = [LEX_V2.DialogCodeHook(facts), LEX_V2.FulfillmentCodeHook(facts), LEX_V1.DialogCodeHook(), CONNECT.VOICE(facts), CONNECT.CHAT(facts)];
  const users: [Aws.PreSignUpTriggerEvent, Aws.PostConfirmationTriggerEvent, Aws.PreAuthenticationTriggerEvent, Aws.PostAuthenticationTriggerEvent, Aws.DefineAuthChallengeTriggerEvent, Aws.CreateAuthChallengeTriggerEvent, Aws.VerifyAuthChallengeResponseTriggerEvent, Aws.CustomMessageTriggerEvent, Aws.CustomEmailSenderTriggerEvent, Aws.CustomEmailSenderTriggerEvent, Aws.CustomSMSSenderTriggerEvent, Aws.InboundFederationTriggerEvent] = [
    COGNITO.PreSignUp_SignUp(facts), COGNITO.PostConfirmation_ConfirmSignUp(facts), COGNITO.PreAuthentication_Authentication(facts), COGNITO.PostAuthentication_Authentication(facts), COGNITO.DefineAuthChallenge_Authentication(facts), COGNITO.CreateAuthChallenge_Authentication(facts), COGNITO.VerifyAuthChallengeResponse_Authentication(facts), COGNITO.CustomMessage_AdminCreateUser(facts), COGNITO.CustomEmailSender_SignUp(facts), COGNITO.CustomEmailSender_AccountTakeOverNotification(facts), COGNITO.CustomSMSSender_Authentication(facts), COGNITO.InboundFederation_ExternalProvider(facts),
  ];
  assert.equal([messages, requests, operations, edge, talk, users].flat().length, 57);
});

test("every sample of every source survives being JSON, and two of them differ in their ids", () => {
  for (const [source, { samples }] of Object.entries(SOURCES)) {
    for (const [type, sample] of Object.entries(samples)) {
      const event = JSON.parse(JSON.stringify(sample(facts)));
      assert.ok(typeof event === "object" && event !== null, `${source}:${type}`);
      assert.deepEqual(findSample(`${source}:${type}`), { name: `${source}:${type}`, sample }, "it is found by its name");
    }
  }
  assert.notEqual(SQS.standard(facts).Records[0]!.messageId, SQS.standard(facts).Records[0]!.messageId);
});

test("what says where and when it is from says it of here and now", () => {
  const { Records: [record] } = S3["ObjectCreated:Put"](facts);
  assert.deepEqual([record!.awsRegion, record!.eventTime], ["eu-west-1", "2026-11-20T10:00:00.000Z"]);
  assert.equal(SNS.notification(facts).Records[0]!.Sns.TopicArn, "arn:aws:sns:eu-west-1:123456789012:my-topic");
  assert.equal(REST_API.request(facts).requestContext.requestTime, "20/Nov/2026:10:00:00 +0000");
});

test("S3 has a sample for each type of event in its service model, named in the event without s3:", async () => {
  // The Event values of the model (API_NotificationConfiguration), without those that stand for several.
  const types = ["ReducedRedundancyLostObject", "ObjectCreated:Put", "ObjectCreated:Post", "ObjectCreated:Copy", "ObjectCreated:CompleteMultipartUpload", "ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated", "ObjectRestore:Post", "ObjectRestore:Completed", "ObjectRestore:Delete", "Replication:OperationFailedReplication", "Replication:OperationNotTracked", "Replication:OperationMissedThreshold", "Replication:OperationReplicatedAfterThreshold", "LifecycleTransition", "IntelligentTiering", "ObjectAcl:Put", "LifecycleExpiration:Delete", "LifecycleExpiration:DeleteMarkerCreated", "ObjectTagging:Put", "ObjectTagging:Delete"];
  const { Event } = await import("@aws-sdk/client-s3");
  const modelled = Object.values(Event).map((value) => value.replace(/^s3:/, "")).filter((value) => !value.includes("*"));
  for (const type of new Set([...types, ...modelled])) assert.equal((S3[type as keyof typeof S3](facts) as { Records: { eventName: string }[] }).Records[0]!.eventName, type);
  const { object } = S3["ObjectRemoved:Delete"](facts).Records[0]!.s3;
  assert.ok(!("size" in object) && !("eTag" in object), "what is gone has no size");
});

test("a subscription's data is gzip in base64, an SQS message's digest is its body's", () => {
  const decoded = JSON.parse(gunzipSync(Buffer.from(LOGS.DATA_MESSAGE(facts).awslogs.data, "base64")).toString());
  assert.equal(decoded.messageType, "DATA_MESSAGE");
  assert.equal(decoded.logEvents.length, 2);
  const { body, md5OfBody } = SQS.standard(facts).Records[0]!;
  assert.equal(md5OfBody, createHash("md5").update(body).digest("hex"));
});

test("a source alone is its usual event, case and aws: do not matter, and a mistyped name finds its neighbours", () => {
  assert.equal((findSample("S3") as { name: string }).name, "s3:ObjectCreated:Put");
  assert.equal((findSample("aws:sqs") as { name: string }).name, "sqs:standard");
  assert.equal((findSample("s3:objectcreated:put") as { name: string }).name, "s3:ObjectCreated:Put");
  assert.equal((findSample("apigw") as { name: string }).name, "apigateway:request");
  assert.ok((findSample("kinsis") as { nearest: string[] }).nearest.includes("kinesis"));
  assert.ok((findSample("s3:ObjectCreate") as { nearest: string[] }).nearest.includes("s3:ObjectCreated:Put"));
  assert.deepEqual((findSample("PreSignUp_SignUp") as { nearest: string[] }).nearest, ["cognito:PreSignUp_SignUp"]);
});
