// Object Lambda access points: created, shown, listed, configured, deleted. https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessPointForObjectLambda.html
import type { ObjectLambdaConfiguration } from "@aws-sdk/client-s3-control";
import { parseArn } from "../../../kernel/arn.ts";
import type { Call } from "../../../kernel/call.ts";
import type { Tx } from "../../../storage/stores.ts";
import type { Parts } from "../parts.ts";
import { checkAccount, type ControlOperations } from "./control-operations.ts";
import { accessPointExists, invalidPointName, invalidRequest, noSuchAccessPoint, notSupported, tooManyAccessPoints } from "./errors.ts";
import { createPoint, deletePoint, findPoint, isPointName, newAlias, OBJECT_LAMBDA_POINTS, type ObjectLambdaPoint, parsePointArn, pointArn, pointId } from "./point.ts";
import { pageOf } from "./standard-points.ts";

type Served = "CreateAccessPointForObjectLambda" | "GetAccessPointForObjectLambda" | "ListAccessPointsForObjectLambda" | "DeleteAccessPointForObjectLambda" | "GetAccessPointConfigurationForObjectLambda" | "PutAccessPointConfigurationForObjectLambda";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-best-practices.html: per account and Region. */
const POINTS_MAX = 1000;
const PAYLOAD_CHARACTERS_MAX = 131_072;

/** Of all of them, and it cannot be changed. */
const BLOCK = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };

export const objectLambdaPointOperations = (parts: Parts): Pick<ControlOperations, Served> => ({
  async CreateAccessPointForObjectLambda(input, call) {
    checkAccount(input, call);
    const { Name: name } = input;
    if (!isPointName(name)) throw invalidPointName(name);
    return parts.stores.transaction(async (tx) => {
      const configuration = await checkedConfiguration(tx, input.Configuration, call);
      if ((await tx.documents(OBJECT_LAMBDA_POINTS).count(`${call.account}/${call.region}/`)) >= POINTS_MAX) throw tooManyAccessPoints();
      const point: ObjectLambdaPoint = {
        kind: "object-lambda", name, account: call.account, region: call.region, alias: newAlias(parts.ids, { kind: "object-lambda", name }), createdMs: Math.floor(parts.clock.now()), configuration,
      };
      if (!(await createPoint(tx, point))) throw accessPointExists(name);
      return { ObjectLambdaAccessPointArn: pointArn(point), Alias: { Value: point.alias, Status: "READY" as const } };
    });
  },

  async GetAccessPointForObjectLambda(input, call) {
    const point = await own(parts, input, call);
    return { Name: point.name, PublicAccessBlockConfiguration: BLOCK, CreationDate: new Date(point.createdMs), Alias: { Value: point.alias, Status: "READY" as const } };
  },

  async ListAccessPointsForObjectLambda(input, call) {
    checkAccount(input, call);
    const { page, next } = await pageOf(parts.stores.documents<ObjectLambdaPoint>(OBJECT_LAMBDA_POINTS), input, call, () => true);
    return { ObjectLambdaAccessPointList: page.map((point) => ({ Name: point.name, ObjectLambdaAccessPointArn: pointArn(point), Alias: { Value: point.alias, Status: "READY" as const } })), ...(next !== undefined && { NextToken: next }) };
  },

  async DeleteAccessPointForObjectLambda(input, call) {
    const point = await own(parts, input, call);
    await parts.stores.transaction((tx) => deletePoint(tx, point));
    return {};
  },

  async GetAccessPointConfigurationForObjectLambda(input, call) {
    return { Configuration: (await own(parts, input, call)).configuration };
  },

  async PutAccessPointConfigurationForObjectLambda(input, call) {
    const { name } = await own(parts, input, call);
    await parts.stores.transaction(async (tx) => {
      const configuration = await checkedConfiguration(tx, input.Configuration, call);
      const changed = await tx.documents<ObjectLambdaPoint>(OBJECT_LAMBDA_POINTS).update(pointId({ account: call.account, region: call.region, name }), (point) => ({ ...point, configuration }));
      if (!changed) throw noSuchAccessPoint(name);
    });
    return {};
  },
});

async function own({ stores }: Pick<Parts, "stores">, input: { AccountId?: string | undefined; Name: string }, call: Call): Promise<ObjectLambdaPoint> {
  checkAccount(input, call);
  const point = await findPoint(stores, { kind: "object-lambda", account: call.account, region: call.region, name: input.Name });
  if (!point) throw noSuchAccessPoint(input.Name);
  return point;
}

/** What is kept of a configuration. Throws InvalidRequest, NoSuchAccessPoint; our sentences. */
async function checkedConfiguration(tx: Tx, { SupportingAccessPoint: supporting, CloudWatchMetricsEnabled, AllowedFeatures = [], TransformationConfigurations: transformations }: ObjectLambdaConfiguration, call: Call): Promise<ObjectLambdaConfiguration> {
  if (CloudWatchMetricsEnabled) throw notSupported("CloudWatchMetricsEnabled");
  if (!supporting || !transformations?.length) throw invalidRequest("A configuration has a SupportingAccessPoint and TransformationConfigurations.");
  const named = parsePointArn(supporting);
  if (named?.kind !== "standard" || named.rest !== "") throw invalidRequest("SupportingAccessPoint must be the ARN of an access point.");
  if (named.account !== call.account || named.region !== call.region) throw invalidRequest("The supporting access point must be of the same account and Region.");
  if (!(await findPoint(tx, { ...named, kind: "standard" }))) throw noSuchAccessPoint(named.name);
  const seen = new Set<string>();
  for (const { Actions: actions = [], ContentTransformation: content } of transformations) {
    if (actions.length === 0) throw invalidRequest("A transformation has at least one action.");
    for (const action of actions) {
      if (seen.has(action)) throw invalidRequest(`The action ${action} is transformed more than once.`);
      seen.add(action);
    }
    checkFunction(content?.AwsLambda?.FunctionArn, content?.AwsLambda?.FunctionPayload, call);
  }
  return { SupportingAccessPoint: supporting, CloudWatchMetricsEnabled: false, AllowedFeatures, TransformationConfigurations: transformations };
}

function checkFunction(functionArn: string | undefined, payload: string | undefined, call: Call): void {
  const { service, region, resource = "" } = parseArn(functionArn ?? "") ?? {};
  if (service !== "lambda" || !resource.startsWith("function:")) throw invalidRequest("FunctionArn must be the ARN of a function.");
  if (region !== call.region) throw invalidRequest("The function must be in the same Region.");
  if (payload !== undefined && payload.length > PAYLOAD_CHARACTERS_MAX) throw invalidRequest("FunctionPayload is too long.");
}
