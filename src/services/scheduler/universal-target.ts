// Universal targets, whose input is the request of an API operation: those whose services are here, with the parameters that act.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
import { formatArn, parseArn } from "../../kernel/arn.ts";
import { isJson } from "../../patterns/json-text.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import { badRequestJson, fieldsMissing, notSupported } from "./errors.ts";
import type { Request, Requester } from "./request.ts";

type Fields = Record<string, string | undefined>;

interface Operation {
  required: string[];
  optional: string[];
  request(fields: Fields, from: Requester): Request;
}

const OPERATIONS: Record<string, Operation> = {
  "sqs:sendMessage": {
    required: ["QueueUrl", "MessageBody"],
    optional: ["MessageGroupId", "MessageDeduplicationId"],
    request: ({ QueueUrl, MessageBody, ...fields }, from) => ({ to: "resource", arn: queueArn(QueueUrl!, from), message: { body: MessageBody!, ...ordering(fields) } }),
  },
  "sns:publish": {
    required: ["TopicArn", "Message"],
    optional: ["Subject", "MessageGroupId", "MessageDeduplicationId"],
    request: ({ TopicArn, Message, Subject, ...fields }) => {
      if (parseArn(TopicArn!)?.service !== "sns") throw badRequestJson("TopicArn is not the ARN of a topic.");
      return { to: "resource", arn: TopicArn!, message: { body: Message!, ...(Subject !== undefined && { subject: Subject }), ...ordering(fields) } };
    },
  },
  "lambda:invoke": {
    required: ["FunctionName"],
    optional: ["InvocationType", "Payload", "Qualifier"],
    request: ({ FunctionName, InvocationType, Payload = "{}", Qualifier }, from) => {
      // Nobody here would see the answer; and AWS's own example is this.
      if (InvocationType !== "Event") throw notSupported('lambda:invoke with another InvocationType than "Event"');
      if (!isJson(Payload)) throw badRequestJson("Payload is not JSON.");
      return { to: "function", arn: `${functionArn(FunctionName!, from)}${Qualifier === undefined ? "" : `:${Qualifier}`}`, payload: Payload };
    },
  },
};

/** `api`: "sqs:sendMessage". Throws ServiceError (ValidationException). */
export function universalRequest(api: string, input: string, from: Requester): Request {
  const operation = OPERATIONS[api];
  if (!operation) throw notSupported(`the universal target ${api}`);
  const fields = readFields(input);
  const missing = operation.required.filter((name) => fields[name] === undefined);
  if (missing.length > 0) throw fieldsMissing(missing);
  for (const name of Object.keys(fields)) {
    if (![...operation.required, ...operation.optional].includes(name)) throw notSupported(`${name} in the input of the universal target ${api}`);
  }
  return operation.request(fields, from);
}

function readFields(input: string): Fields {
  const request: unknown = isJson(input) ? JSON.parse(input) : undefined;
  if (typeof request !== "object" || request === null || Array.isArray(request)) throw badRequestJson("Request payload is not a JSON object.");
  for (const [name, value] of Object.entries(request)) if (typeof value !== "string") throw notSupported(`${name} in the input of a universal target as anything but a string`);
  return request as Fields;
}

const ordering = ({ MessageGroupId, MessageDeduplicationId }: Fields): Pick<TargetMessage, "group" | "deduplicationId"> => ({
  ...(MessageGroupId !== undefined && { group: MessageGroupId }),
  ...(MessageDeduplicationId !== undefined && { deduplicationId: MessageDeduplicationId }),
});

/** Whatever stands before them, the last two parts of a queue's URL are its account and its name. */
function queueArn(url: string, { region }: Requester): string {
  const [, account, name] = /^https?:\/\/[^/]+\/(?:[^/]+\/)*(\d{12})\/([\w.-]+)$/.exec(url) ?? [];
  if (name === undefined) throw badRequestJson("QueueUrl is not the URL of a queue.");
  return formatArn("sqs", region, account!, name);
}

/** A name, ACCOUNT:function:NAME, or an ARN. */
function functionArn(name: string, { account, region }: Requester): string {
  if (name.startsWith("arn:")) return name;
  const [, owner = account, plain] = /^(?:(\d{12}):function:)?([\w-]+(?::[\w$-]+)?)$/.exec(name) ?? [];
  if (plain === undefined) throw badRequestJson("FunctionName is not the name of a function.");
  return formatArn("lambda", region, owner, `function:${plain}`);
}
