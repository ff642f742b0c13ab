// The four ways to name a function: bare name, name:qualifier, partial ARN, full ARN.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#API_GetFunction_RequestSyntax
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import { functionNotFound, functionsOnly, otherRegion, qualifierMismatch } from "./errors.ts";

const NAME = /^(?:arn:(?:aws[a-zA-Z-]*)?:lambda:)?(?:([a-z]{2,4}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9\-_.]+)(?::(\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9\-_]+))?$/;

export interface Named {
  name: string;
  /** Where the caller gave one, in the name or beside it. */
  qualifier?: string;
  /** Unqualified. */
  arn: string;
  /** Whose it is: another account's is a matter of permission (lookup.ts). */
  account: string;
  region: string;
  /** The document's id. */
  id: string;
}

export const functionArn = (region: string, account: string, name: string): string => formatArn("lambda", region, account, `function:${name}`);
export const documentId = (account: string, region: string, name: string): string => `${account}/${region}/${name}`;
export const qualified = (arn: string, qualifier: string | undefined): string => (qualifier === undefined ? arn : `${arn}:${qualifier}`);

export function resolveName(functionName: string, qualifier: string | undefined, call: Call): Named {
  const match = NAME.exec(functionName);
  if (!match) throw functionNotFound(functionArn(call.region, call.account, functionName));
  const [, region = call.region, account = call.account, name = "", inName] = match;
  if (qualifier && inName && qualifier !== inName) throw qualifierMismatch();
  if (region !== call.region) throw otherRegion(region, call.region);
  const found = qualifier || inName;
  return { name, arn: functionArn(region, account, name), account, region, id: documentId(account, region, name), ...(found ? { qualifier: found } : {}) };
}

/** The ARN that a name of any form stands for, without looking whether it is a good one: what permission is asked on. */
export function namedLoosely(functionName: string, qualifier: string | undefined, call: Call): string {
  const [, region = call.region, account = call.account, name = functionName, inName] = NAME.exec(functionName) ?? [];
  return qualified(functionArn(region, account, name), qualifier || inName);
}

/** A full function ARN, qualified or not; undefined for anything else. */
export function namedByArn(text: string): Named | undefined {
  const arn = parseArn(text);
  const [kind, name, qualifier, ...more] = arn?.resource.split(":") ?? [];
  if (!arn || arn.service !== "lambda" || kind !== "function" || !name || qualifier === "" || more.length) return undefined;
  const { account, region } = arn;
  return { name, arn: functionArn(region, account, name), account, region, id: documentId(account, region, name), ...(qualifier ? { qualifier } : {}) };
}

/** For operations on the function as a whole. */
export function resolveUnqualified(functionName: string, call: Call): Named {
  const named = resolveName(functionName, undefined, call);
  if (named.qualifier !== undefined) throw functionsOnly();
  return named;
}

/** The id of what belongs to one version or alias of a function; `$LATEST` where the caller named none. */
export const qualifiedId = (functionId: string, qualifier: string | undefined): string => `${functionId}/${qualifier ?? "$LATEST"}`;

/** A published version's number, however it was written; not of aliases and `$LATEST`. */
export const isNumber = (qualifier: string): boolean => /^[0-9]+$/.test(qualifier);

/** The version that is published again and again, without a number; an unqualified invocation of a function on a capacity provider is its. */
export const LATEST_PUBLISHED = "$LATEST.PUBLISHED";

export const isPublishedVersion = (qualifier: string): boolean => isNumber(qualifier) || qualifier === LATEST_PUBLISHED;
