// The condition keys that belong to one request: when, from where, to which region, and what the operation adds.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
import type { AccessQuestion } from "../ports/access.ts";
import { type Source, sourceOf } from "./context.ts";

export interface Passing {
  question: AccessQuestion;
  nowMs: number;
  owner: string;
  tags: Record<string, string> | undefined;
  /** Temporary credentials; their keys alone say whether a second factor was used. */
  temporary: boolean;
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

export function passingKeys({ question: { resource, context = {}, call }, nowMs, owner, tags, temporary }: Passing): Source {
  const given = sourceOf(context);
  // Of an object of S3 the tags have a key of their own.
  const prefix = /^arn:[^:]+:s3:(::[^/]+\/|[^:]+:\d+:accesspoint\/[^/]+\/object\/)/.test(resource) ? "s3:existingobjecttag/" : "aws:resourcetag/";
  const resourceTags = new Map(Object.entries(tags ?? {}).map(([key, value]) => [prefix + key.toLowerCase(), value]));
  return (key) => {
    const value = given(key) ?? resourceTags.get(key);
    if (value !== undefined) return value;
    switch (key) {
      case "aws:currenttime": return new Date(nowMs).toISOString();
      case "aws:epochtime": return String(Math.floor(nowMs / 1000));
      case "aws:sourceip": return call?.sourceIp;
      case "aws:useragent": return call?.userAgent;
      case "aws:requestedregion": return call?.region;
      // What never leaves this machine is as good as encrypted; anything else comes to Evoke in the clear.
      case "aws:securetransport": return call && String(LOOPBACK.test(call.sourceIp));
      case "aws:viaawsservice": return "false";
      case "aws:multifactorauthpresent": return temporary ? "false" : undefined;
      case "aws:resourceaccount": return owner || undefined;
      default: return undefined;
    }
  };
}
