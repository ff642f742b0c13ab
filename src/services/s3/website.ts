// How a bucket is a website, put, read and deleted; website-visit.ts serves it. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html
import type { RoutingRule, WebsiteConfiguration } from "@aws-sdk/client-s3";
import { deleteSetting, putSetting } from "./bucket-settings.ts";
import { malformedXml } from "./errors.ts";
import { bucketArn } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { noWebsite } from "./settings-errors.ts";
import { badErrorCode, badErrorDocument, badIndexDocument, badProtocol, badRedirectCode, configurationTooLarge, emptyCondition, indexDocumentMissing, redirectAllWithMore, tooManyRoutingRules, twoReplacements } from "./web-errors.ts";

type Served = "GetBucketWebsite" | "PutBucketWebsite" | "DeleteBucketWebsite";

const ROUTING_RULES_MAX = 50;
/** "The maximum request length is limited to 128 KB." */
const CONFIGURATION_BYTES_MAX = 128 * 1024;

export function websiteOperations(parts: Parts): Pick<Operations, Served> {
  return {
    async GetBucketWebsite(input, call) {
      const { name, settings: { website } } = await parts.lookup.find(input, call, "GetBucketWebsite", bucketArn(input.Bucket));
      if (!website) throw noWebsite(name);
      return website;
    },

    async PutBucketWebsite(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutBucketWebsite", bucketArn(input.Bucket));
      if (Buffer.byteLength(JSON.stringify(input.WebsiteConfiguration)) > CONFIGURATION_BYTES_MAX) throw configurationTooLarge(CONFIGURATION_BYTES_MAX);
      checkWebsite(input.WebsiteConfiguration);
      await putSetting(parts, bucket, "website", input.WebsiteConfiguration);
      return {};
    },

    async DeleteBucketWebsite(input, call) {
      await deleteSetting(parts, await parts.lookup.find(input, call, "DeleteBucketWebsite", bucketArn(input.Bucket)), "website");
      return {};
    },
  };
}

function checkWebsite({ RedirectAllRequestsTo: all, IndexDocument: index, ErrorDocument: error, RoutingRules: rules }: WebsiteConfiguration): void {
  if (all) {
    if (index || error || rules) throw redirectAllWithMore();
    if (!isHostName(all.HostName)) throw malformedXml();
    checkProtocol(all.Protocol);
    return;
  }
  if (!index) throw indexDocumentMissing();
  const suffix = index.Suffix ?? "";
  if (suffix === "" || suffix.includes("/")) throw badIndexDocument(suffix);
  if (error && !error.Key) throw badErrorDocument("");
  if (!rules) return;
  if (rules.length === 0) throw malformedXml();
  if (rules.length > ROUTING_RULES_MAX) throw tooManyRoutingRules(rules.length);
  for (const rule of rules) checkRule(rule);
}

function checkRule({ Condition: condition, Redirect: redirect }: RoutingRule): void {
  if (!redirect || Object.values(redirect).every((value) => value === undefined)) throw malformedXml();
  checkProtocol(redirect.Protocol);
  if (redirect.ReplaceKeyPrefixWith !== undefined && redirect.ReplaceKeyWith !== undefined) throw twoReplacements();
  if (redirect.HostName !== undefined && !isHostName(redirect.HostName)) throw malformedXml();
  const code = redirect.HttpRedirectCode;
  if (code !== undefined && !/^3(0[1-9]|[1-9]\d)$/.test(code)) throw badRedirectCode(code);
  if (!condition) return;
  const { KeyPrefixEquals: prefix, HttpErrorCodeReturnedEquals: status } = condition;
  if (prefix === undefined && status === undefined) throw emptyCondition();
  if (status !== undefined && !/^[45]\d\d$/.test(status)) throw badErrorCode(status);
}

function checkProtocol(protocol: string | undefined): void {
  if (protocol !== undefined && protocol !== "http" && protocol !== "https") throw badProtocol();
}

/** It goes into a header as it is. */
const isHostName = (name: string | undefined): boolean => /^[\w.:[\]-]{1,255}$/.test(name ?? "");
