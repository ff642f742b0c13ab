// The four ways to name a function: bare name, name:qualifier, partial ARN, full ARN.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#API_GetFunction_RequestSyntax
import { formatArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import { functionNotFound, functionsOnly, nameTooLong, otherAccount, otherRegion, qualifierMismatch } from "./errors.ts";

const NAME = /^(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:([a-z]{2,4}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9\-_.]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9\-_]+))?$/;
const NAME_LENGTH_MAX = 64;

export interface Named {
  name: string;
  /** Where the caller gave one, in the name or beside it. */
  qualifier?: string;
  /** Unqualified. */
  arn: string;
  /** The document's id. */
  id: string;
}

export const functionArn = (region: string, account: string, name: string): string => formatArn("lambda", region, account, `function:${name}`);
export const documentId = (account: string, region: string, name: string): string => `${account}/${region}/${name}`;
export const qualified = (arn: string, qualifier: string | undefined): string => (qualifier === undefined ? arn : `${arn}:${qualifier}`);

/** `action` is what IAM calls the operation; it is named when the function is another account's. */
export function resolveName(functionName: string, qualifier: string | undefined, call: Call, action: string): Named {
  const match = NAME.exec(functionName);
  if (!match) throw functionNotFound(functionArn(call.region, call.account, functionName));
  const [, region = call.region, account = call.account, name = "", inName] = match;
  if (name.length > NAME_LENGTH_MAX) throw nameTooLong(name);
  if (qualifier && inName && qualifier !== inName) throw qualifierMismatch();
  if (region !== call.region) throw otherRegion(region, call.region);
  const arn = functionArn(region, account, name);
  if (account !== call.account) throw otherAccount(call.principal.arn, action, arn);
  const found = qualifier || inName;
  return { name, arn, id: documentId(account, region, name), ...(found ? { qualifier: found } : {}) };
}

/** For operations on the function as a whole. */
export function resolveUnqualified(functionName: string, call: Call, action: string): Named {
  const named = resolveName(functionName, undefined, call, action);
  if (named.qualifier !== undefined) throw functionsOnly();
  return named;
}
