// Which function answers an operation through an Object Lambda access point. https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ObjectLambdaTransformationConfiguration.html
import type { ObjectLambdaPoint } from "./point.ts";

export interface Transformation {
  functionArn: string;
  /** What the configuration gives the function; "" without. */
  payload: string;
}

/** By operation. */
export function actionsOf({ configuration }: ObjectLambdaPoint): Map<string, Transformation> {
  return new Map((configuration.TransformationConfigurations ?? []).flatMap(({ Actions = [], ContentTransformation }) =>
    Actions.map((action): [string, Transformation] => [action, { functionArn: ContentTransformation?.AwsLambda?.FunctionArn ?? "", payload: ContentTransformation?.AwsLambda?.FunctionPayload ?? "" }])));
}
