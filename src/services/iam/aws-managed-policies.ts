// The policies of AWS's own that functions are usually given: attachable and readable like in AWS, in their newest version.
// Published in https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html; taken from moto 5.2.5's machine-readable copy (2026-10).

export interface AwsManagedPolicy {
  name: string;
  path: string;
  version: string;
  createdAt: string;
  updatedAt: string;
  document: object;
}

export const AWS_MANAGED_POLICIES: readonly AwsManagedPolicy[] = [
  {
    name: "AWSLambdaBasicExecutionRole", path: "/service-role/", version: "v1", createdAt: "2015-04-09T15:03:43Z", updatedAt: "2015-04-09T15:03:43Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" },
      ],
    },
  },
  {
    name: "AWSLambdaVPCAccessExecutionRole", path: "/service-role/", version: "v3", createdAt: "2016-02-11T23:15:26Z", updatedAt: "2024-01-05T22:38:26Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Sid: "AWSLambdaVPCAccessExecutionPermissions", Effect: "Allow", Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"], Resource: "*" },
      ],
    },
  },
  {
    name: "AWSLambdaSQSQueueExecutionRole", path: "/service-role/", version: "v1", createdAt: "2018-06-14T21:50:45Z", updatedAt: "2018-06-14T21:50:45Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" },
      ],
    },
  },
  {
    name: "AWSLambdaKinesisExecutionRole", path: "/service-role/", version: "v2", createdAt: "2015-04-09T15:14:16Z", updatedAt: "2018-11-19T20:09:24Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" },
      ],
    },
  },
  {
    name: "AWSLambdaDynamoDBExecutionRole", path: "/service-role/", version: "v1", createdAt: "2015-04-09T15:09:29Z", updatedAt: "2015-04-09T15:09:29Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" },
      ],
    },
  },
  {
    name: "AWSLambdaMSKExecutionRole", path: "/service-role/", version: "v2", createdAt: "2020-08-11T17:35:05Z", updatedAt: "2022-08-02T20:08:02Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers", "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs", "ec2:DeleteNetworkInterface", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], Resource: "*" },
      ],
    },
  },
  {
    name: "AWSLambdaBasicDurableExecutionRolePolicy", path: "/service-role/", version: "v3", createdAt: "2025-12-02T15:04:12Z", updatedAt: "2026-02-12T18:01:44Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"], Resource: "*" },
      ],
    },
  },
  {
    name: "AWSLambdaRole", path: "/service-role/", version: "v1", createdAt: "2015-02-06T18:41:28Z", updatedAt: "2015-02-06T18:41:28Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: ["*"] },
      ],
    },
  },
  {
    name: "AWSXRayDaemonWriteAccess", path: "/", version: "v2", createdAt: "2018-08-28T23:00:33Z", updatedAt: "2024-02-13T21:58:30Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Sid: "AWSXRayDaemonWriteAccess", Effect: "Allow", Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries"], Resource: ["*"] },
      ],
    },
  },
  {
    name: "AWSLambdaExecute", path: "/", version: "v1", createdAt: "2015-02-06T18:40:46Z", updatedAt: "2015-02-06T18:40:46Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["logs:*"], Resource: "arn:aws:logs:*:*:*" },
        { Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: "arn:aws:s3:::*" },
      ],
    },
  },
  {
    name: "AWSLambdaInvocation-DynamoDB", path: "/", version: "v1", createdAt: "2015-02-06T18:40:47Z", updatedAt: "2015-02-06T18:40:47Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: "*" },
        { Effect: "Allow", Action: ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"], Resource: "*" },
      ],
    },
  },
  {
    name: "CloudWatchLambdaInsightsExecutionRolePolicy", path: "/", version: "v1", createdAt: "2020-10-07T19:27:06Z", updatedAt: "2020-10-07T19:27:06Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "logs:CreateLogGroup", Resource: "*" },
        { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "arn:aws:logs:*:*:log-group:/aws/lambda-insights:*" },
      ],
    },
  },
  {
    name: "AdministratorAccess", path: "/", version: "v1", createdAt: "2015-02-06T18:39:46Z", updatedAt: "2015-02-06T18:39:46Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "*", Resource: "*" },
      ],
    },
  },
  {
    name: "AmazonS3ReadOnlyAccess", path: "/", version: "v3", createdAt: "2015-02-06T18:40:59Z", updatedAt: "2023-08-10T21:31:39Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"], Resource: "*" },
      ],
    },
  },
  {
    name: "AmazonS3FullAccess", path: "/", version: "v2", createdAt: "2015-02-06T18:40:58Z", updatedAt: "2021-09-27T20:16:37Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["s3:*", "s3-object-lambda:*"], Resource: "*" },
      ],
    },
  },
  {
    name: "AmazonSQSFullAccess", path: "/", version: "v1", createdAt: "2015-02-06T18:41:07Z", updatedAt: "2015-02-06T18:41:07Z",
    document: {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: ["sqs:*"], Resource: "*" },
      ],
    },
  },
];
