// Buckets as browsers meet them: cross-origin rules, website hosting and uploads of forms. Implemented by the S3 room, asked by the gateway.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html · …/WebsiteHosting.html · https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
import type { Call } from "../kernel/call.ts";

export interface CorsRule {
  id?: string;
  /** Each with one `*` at most. */
  allowedOrigins: string[];
  allowedMethods: string[];
  allowedHeaders?: string[];
  exposeHeaders?: string[];
  maxAgeSeconds?: number;
}

export interface WebAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | AsyncIterable<Uint8Array>;
}

/** A request to a website, read by nobody in particular: `call` is anonymous. */
export interface WebsiteVisit {
  bucket: string;
  method: string;
  /** Percent-encoded. */
  path: string;
  /** Without its question mark. */
  query: string;
  /** Lower-case names. */
  headers: Record<string, string>;
}

/** A form with a file, as far as the file's first byte. */
export interface PostedForm {
  bucket: string;
  /** By their names in lower case, without the file. */
  fields: Map<string, string>;
  /** The field `tagging`, read. */
  tags?: { Key?: string; Value?: string }[];
  file: AsyncIterable<Uint8Array>;
  fileName?: string;
  /** Of the whole form: the file has fewer. */
  formBytes?: number;
  /** How the bucket was addressed; http://HOST/BUCKET or http://BUCKET.HOST */
  bucketUrl: string;
  /** Nobody signed the form. */
  unsigned: boolean;
}

export interface BucketWeb {
  /** A bucket's cross-origin rules, none when it has no configuration; undefined when there is no such bucket. */
  corsRules(bucket: string): Promise<CorsRule[] | undefined>;
  /** Whether the bucket's policy lets anybody at all read this object, or this version of it. */
  isOpen(object: { Bucket: string; Key: string; VersionId?: string | undefined }, call: Call): Promise<boolean>;
  visit(visit: WebsiteVisit, call: Call): Promise<WebAnswer>;
  /** What the form asks for, by the names of PutObject's input: what policies are asked about. Throws InvalidArgument. */
  inputOf(form: PostedForm): Promise<object>;
  /** Throws S3's errors. `call.principal` signed the form. */
  post(form: PostedForm, call: Call): Promise<WebAnswer>;
}
