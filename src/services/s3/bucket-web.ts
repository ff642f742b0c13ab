// Buckets as browsers meet them, for the gateway. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
import { ServiceError } from "../../kernel/errors.ts";
import type { BucketWeb } from "../../ports/bucket-web.ts";
import type { RoomPorts } from "../service.ts";
import { objectArn } from "./names.ts";
import { partsOf } from "./parts.ts";
import { inputOfForm } from "./post-fields.ts";
import { postObject } from "./posting.ts";
import { openWebsites } from "./website-visit.ts";

export function openBucketWeb(ports: RoomPorts): BucketWeb {
  const parts = partsOf(ports);
  return {
    async corsRules(name) {
      const bucket = await parts.buckets.get(name);
      return bucket && (bucket.settings.cors ?? []);
    },
    isOpen: ({ Bucket, Key, VersionId }, call) => parts.lookup.find({ Bucket }, call, VersionId === undefined ? "GetObject" : "GetObjectVersion", objectArn(Bucket, Key)).then(() => true, falseIfRefused),
    visit: openWebsites(parts),
    inputOf: async (form) => inputOfForm(form),
    post: (form, call) => postObject(parts, form, call),
  };
}

function falseIfRefused(error: unknown): false {
  if (error instanceof ServiceError) return false;
  throw error;
}
