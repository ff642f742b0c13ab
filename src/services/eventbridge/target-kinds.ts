// Which ARNs can be targets of rules, how they are delivered to, and which parameters are theirs. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
import type { Target } from "@aws-sdk/client-eventbridge";
import { parseArn } from "../../kernel/arn.ts";

export const PARAMETERS = ["SqsParameters", "HttpParameters", "KinesisParameters", "EcsParameters", "BatchParameters", "RunCommandParameters", "RedshiftDataParameters", "SageMakerPipelineParameters", "AppSyncParameters"] as const satisfies (keyof Target)[];

export interface TargetKind {
  service: string;
  /** What the resource in its ARNs begins with. */
  resource: string;
  /** resource: through `ports/targets.ts`, as soon as anything here delivers to the service. */
  way: "lambda" | "event-bus" | "api-destination" | "resource";
  parameters?: (typeof PARAMETERS)[number];
  /** EventBridge takes on a role for it ("RoleArn is required …", as users have met it). */
  needsRole?: true;
}

const byRole = (service: string, resource: string, parameters?: TargetKind["parameters"]): TargetKind => ({ service, resource, way: "resource", needsRole: true, ...(parameters && { parameters }) });

const KINDS: TargetKind[] = [
  { service: "lambda", resource: "function:", way: "lambda" },
  { service: "sqs", resource: "", way: "resource", parameters: "SqsParameters" },
  { service: "sns", resource: "", way: "resource" },
  { service: "logs", resource: "log-group:", way: "resource" },
  { service: "events", resource: "event-bus/", way: "event-bus" },
  { service: "events", resource: "api-destination/", way: "api-destination", parameters: "HttpParameters" },
  { service: "execute-api", resource: "", way: "resource", parameters: "HttpParameters" },
  byRole("kinesis", "stream/", "KinesisParameters"), byRole("firehose", "deliverystream/"), byRole("states", "stateMachine:"), byRole("ecs", "cluster/", "EcsParameters"), byRole("batch", "job-queue/", "BatchParameters"),
  byRole("ssm", "", "RunCommandParameters"), byRole("redshift", "cluster:", "RedshiftDataParameters"), byRole("redshift-serverless", "workgroup/", "RedshiftDataParameters"),
  byRole("sagemaker", "pipeline/", "SageMakerPipelineParameters"), byRole("appsync", "endpoints/graphql-api/", "AppSyncParameters"),
  byRole("codebuild", "project/"), byRole("codepipeline", ""), byRole("glue", "workflow/"), byRole("imagebuilder", "image-pipeline/"), byRole("inspector", "target/"), byRole("ssm-incidents", "response-plan/"),
];

/** Undefined: no target of rules. */
export function kindOf(arn: string): TargetKind | undefined {
  const { service, resource = "" } = parseArn(arn) ?? {};
  return KINDS.find((kind) => kind.service === service && resource.startsWith(kind.resource));
}
