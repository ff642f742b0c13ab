// AWS's event types for Go, by the name of the sample each is for.
package main

import (
	"encoding/json"

	"github.com/aws/aws-lambda-go/events"
)

var types = map[string]func() any{
	"activemq:text":                              func() any { return &events.ActiveMQEvent{} },
	"alb:request":                                func() any { return &events.ALBTargetGroupRequest{} },
	"apigateway:request":                         func() any { return &events.APIGatewayProxyRequest{} },
	"apigateway:token-authorizer":                func() any { return &events.APIGatewayCustomAuthorizerRequest{} },
	"apigateway:request-authorizer":              func() any { return &events.APIGatewayCustomAuthorizerRequestTypeRequest{} },
	"appsync:authorizer":                         func() any { return &events.AppSyncLambdaAuthorizerRequest{} },
	"codecommit:updateReference":                 func() any { return &events.CodeCommitEvent{} },
	"codepipeline:job":                           func() any { return &events.CodePipelineJobEvent{} },
	"cognito:CustomMessage_SignUp":               func() any { return &events.CognitoEventUserPoolsCustomMessage{} },
	"cognito:PreSignUp_SignUp":                   func() any { return &events.CognitoEventUserPoolsPreSignup{} },
	"cognito:TokenGeneration_HostedAuth":         func() any { return &events.CognitoEventUserPoolsPreTokenGen{} },
	"cognito-sync:SyncTrigger":                   func() any { return &events.CognitoEvent{} },
	"config:ConfigurationItemChangeNotification": func() any { return &events.ConfigEvent{} },
	"connect:VOICE":                              func() any { return &events.ConnectEvent{} },
	"dynamodb:MODIFY":                            func() any { return &events.DynamoDBEvent{} },
	"dynamodb:window":                            func() any { return &events.DynamoDBTimeWindowEvent{} },
	"eventbridge:autoscaling-launch":             func() any { return &events.AutoScalingEvent{} },
	"eventbridge:scheduled":                      func() any { return &events.EventBridgeEvent{} },
	"firehose:direct-put":                        func() any { return &events.KinesisFirehoseEvent{} },
	"function-url:AWS_IAM":                       func() any { return &events.LambdaFunctionURLRequest{} },
	"http-api:jwt":                               func() any { return &events.APIGatewayV2HTTPRequest{} },
	"iot:button":                                 func() any { return &events.IoTButtonEvent{} },
	"kafka:record":                               func() any { return &events.KafkaEvent{} },
	"kinesis:record":                             func() any { return &events.KinesisEvent{} },
	"lex-v1:DialogCodeHook":                      func() any { return &events.LexEvent{} },
	"logs:DATA_MESSAGE":                          func() any { return &events.CloudwatchLogsEvent{} },
	"msk:record":                                 func() any { return &events.KafkaEvent{} },
	"rabbitmq:message":                           func() any { return &events.RabbitMQEvent{} },
	"s3:ObjectCreated:Put":                       func() any { return &events.S3Event{} },
	"s3:ObjectRemoved:Delete":                    func() any { return &events.S3Event{} },
	"s3-batch:1.0":                               func() any { return &events.S3BatchJobEvent{} },
	"s3-object-lambda:GetObject":                 func() any { return &events.S3ObjectLambdaEvent{} },
	"secretsmanager:createSecret":                func() any { return &events.SecretsManagerSecretRotationEvent{} },
	"ses:Event":                                  func() any { return &events.SimpleEmailEvent{} },
	"sns:notification":                           func() any { return &events.SNSEvent{} },
	"sqs:standard":                               func() any { return &events.SQSEvent{} },
	"websocket:$connect":                         func() any { return &events.APIGatewayWebsocketProxyRequest{} },
}

// What is left of each event once it has been one of AWS's types; an error where it is none.
func readAll(samples map[string]json.RawMessage) (map[string]any, error) {
	seen := map[string]any{}
	for name, text := range samples {
		value := types[name]()
		if err := json.Unmarshal(text, value); err != nil {
			return nil, err
		}
		seen[name] = value
	}
	return seen, nil
}
