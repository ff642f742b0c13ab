// The cross-origin rules of a bucket, put, read and deleted; the gateway goes by them. https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
import type { CORSRule } from "@aws-sdk/client-s3";
import type { CorsRule } from "../../ports/bucket-web.ts";
import { deleteSetting, putSetting } from "./bucket-settings.ts";
import { malformedXml } from "./errors.ts";
import { bucketArn } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { noCors } from "./settings-errors.ts";
import { configurationTooLarge, corsIdTooLong, corsManyWildcards, corsTooManyRules, corsUnsupportedMethod, corsWildcardExposed } from "./web-errors.ts";

type Served = "GetBucketCors" | "PutBucketCors" | "DeleteBucketCors";

const RULES_MAX = 100;
const ID_CHARACTERS_MAX = 255;
/** "The document is limited to 64 KB in size." */
const CONFIGURATION_BYTES_MAX = 64 * 1024;
const METHODS = new Set(["GET", "PUT", "HEAD", "POST", "DELETE"]);

export function corsOperations(parts: Parts): Pick<Operations, Served> {
  return {
    async GetBucketCors(input, call) {
      const { name, settings: { cors } } = await parts.lookup.find(input, call, "GetBucketCORS", bucketArn(input.Bucket));
      if (!cors) throw noCors(name);
      return { CORSRules: cors.map(shown) };
    },

    async PutBucketCors(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutBucketCORS", bucketArn(input.Bucket));
      await putSetting(parts, bucket, "cors", readCors(input.CORSConfiguration.CORSRules ?? []));
      return {};
    },

    async DeleteBucketCors(input, call) {
      await deleteSetting(parts, await parts.lookup.find(input, call, "PutBucketCORS", bucketArn(input.Bucket)), "cors");
      return {};
    },
  };
}

function readCors(rules: CORSRule[]): CorsRule[] {
  if (rules.length === 0) throw malformedXml();
  if (rules.length > RULES_MAX) throw corsTooManyRules();
  if (Buffer.byteLength(JSON.stringify(rules)) > CONFIGURATION_BYTES_MAX) throw configurationTooLarge(CONFIGURATION_BYTES_MAX);
  return rules.map(readRule);
}

function readRule({ ID: id, AllowedMethods = [], AllowedOrigins = [], AllowedHeaders, ExposeHeaders, MaxAgeSeconds }: CORSRule): CorsRule {
  if (AllowedMethods.length === 0 || AllowedOrigins.length === 0) throw malformedXml();
  if (id !== undefined && id.length > ID_CHARACTERS_MAX) throw corsIdTooLong();
  const unsupported = AllowedMethods.find((method) => !METHODS.has(method));
  if (unsupported !== undefined) throw corsUnsupportedMethod(unsupported);
  for (const origin of AllowedOrigins) if (hasManyWildcards(origin)) throw corsManyWildcards("AllowedOrigin", origin);
  for (const header of AllowedHeaders ?? []) if (hasManyWildcards(header)) throw corsManyWildcards("AllowedHeader", header);
  for (const header of ExposeHeaders ?? []) if (header.includes("*")) throw corsWildcardExposed(header);
  // What is shown to browsers is a header's name: nothing else could be one.
  if (ExposeHeaders?.some((header) => !/^[\w!#$%&'+.^`|~-]+$/.test(header))) throw malformedXml();
  return {
    ...(id !== undefined && { id }),
    allowedMethods: AllowedMethods, allowedOrigins: AllowedOrigins,
    ...(AllowedHeaders && { allowedHeaders: AllowedHeaders }), ...(ExposeHeaders && { exposeHeaders: ExposeHeaders }),
    ...(MaxAgeSeconds !== undefined && { maxAgeSeconds: MaxAgeSeconds }),
  };
}

const hasManyWildcards = (text: string): boolean => text.split("*").length > 2;

const shown = ({ id, allowedMethods, allowedOrigins, allowedHeaders, exposeHeaders, maxAgeSeconds }: CorsRule): CORSRule => ({
  ...(id !== undefined && { ID: id }),
  AllowedMethods: allowedMethods, AllowedOrigins: allowedOrigins,
  ...(allowedHeaders && { AllowedHeaders: allowedHeaders }), ...(exposeHeaders && { ExposeHeaders: exposeHeaders }),
  ...(maxAgeSeconds !== undefined && { MaxAgeSeconds: maxAgeSeconds }),
});
