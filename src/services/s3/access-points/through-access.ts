// Both must permit what is done through an access point: the access point, and the bucket under it. An Object Lambda access point besides.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html · https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-policies.html
import type { Call } from "../../../kernel/call.ts";
import type { AccessQuestion, AccessRule } from "../../../ports/access.ts";
import { bucketArn } from "../names.ts";
import { actionsOf } from "./object-lambda-actions.ts";
import { pointArn } from "./point.ts";
import { SOURCE_THROUGH, THROUGH, type Through, type ThroughPoint } from "./through.ts";

type More = Pick<AccessQuestion, "action" | "resource" | "context">;

/** The ARN of the bucket, or of an object in it, as the access point's policy names it. */
export function resourceThrough({ point }: Through, resource: string): string {
  const inBucket = resource.slice(bucketArn(point.bucket).length);
  return inBucket.startsWith("/") ? `${pointArn(point)}/object${inBucket}` : pointArn(point);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html#access-points-condition-keys */
export const contextThrough = ({ point, calledVia, objectLambda }: Through): Record<string, string | string[]> => ({
  "s3:DataAccessPointArn": pointArn(point), "s3:DataAccessPointAccount": point.account, "s3:AccessPointNetworkOrigin": point.vpcId === undefined ? "Internet" : "VPC",
  ...((calledVia || objectLambda) && CALLED_VIA),
});

export const CALLED_VIA = { "aws:CalledVia": ["s3-object-lambda.amazonaws.com"], "aws:CalledViaFirst": "s3-object-lambda.amazonaws.com", "aws:CalledViaLast": "s3-object-lambda.amazonaws.com", "aws:ViaAWSService": "true" };

const NO_KEYS = {};

/** The room's rules, for requests through access points too. */
export const accessThrough = <R extends Record<string, AccessRule | undefined>>(rules: R): R =>
  Object.fromEntries(Object.entries(rules).map(([operation, rule]) => [operation, ruleThrough(operation, rule)])) as R;

/** A rule of the room's that knows requests through access points. */
function ruleThrough(operation: string, rule: AccessRule = {}): AccessRule {
  const named = (input: any): string => (typeof rule.action === "function" ? rule.action(input) : rule.action) ?? operation;
  return {
    ...rule,
    resources: (input: ThroughPoint, call) => (input[THROUGH]?.objectLambda && actionsOf(input[THROUGH].objectLambda).has(operation) ? [] : (rule.resources?.(input, call) ?? ["*"])),
    context: (input: ThroughPoint, call) => (input[THROUGH] ? { ...rule.context?.(input, call), ...contextThrough(input[THROUGH]) } : (rule.context?.(input, call) ?? NO_KEYS)),
    also: (input: ThroughPoint, call) => {
      const through = input[THROUGH];
      const more = rule.also?.(input, call) ?? [];
      if (!through && !input[SOURCE_THROUGH]) return more;
      const questions = more.flatMap((question) => throughEach(question, input));
      return through ? [...ownQuestions(operation, named(input), rule, input, through, call), ...questions] : questions;
    },
  };
}

/** A copy's source is read through its own access point, the rest is done through that of the bucket. */
function throughEach(question: More, input: ThroughPoint): More[] {
  const isSource = /^s3:GetObject(Version)?$/.test(question.action) && input[SOURCE_THROUGH] !== undefined;
  const through = isSource ? input[SOURCE_THROUGH] : input[THROUGH];
  if (!through || !question.resource.startsWith(bucketArn(through.point.bucket))) return [question];
  const context = { ...question.context, ...contextThrough(through) };
  return [{ ...question, context }, { ...question, resource: resourceThrough(through, question.resource), context }];
}

function ownQuestions(operation: string, action: string, rule: AccessRule, input: ThroughPoint, through: Through, call: Call): More[] {
  if (action === "") return []; // each object is asked for by the operation
  const { objectLambda } = through;
  const atObjectLambda = objectLambda ? [{ action: `s3-object-lambda:${action}`, resource: pointArn(objectLambda) }] : [];
  if (objectLambda && actionsOf(objectLambda).has(operation)) return atObjectLambda;
  const context = { ...rule.context?.(input, call), ...contextThrough(through) };
  return [...atObjectLambda, ...(rule.resources?.(input, call) ?? []).map((resource) => ({ action: `s3:${action}`, resource: resourceThrough(through, resource), context }))];
}
