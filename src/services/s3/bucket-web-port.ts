// Buckets as browsers meet them; what it takes is read when the first browser comes.
import { once } from "../../kernel/once.ts";
import type { BucketWeb } from "../../ports/bucket-web.ts";
import type { RoomPorts } from "../service.ts";

/** `ports`: asked for at the first use. */
export function openBucketWebLater(ports: () => RoomPorts): BucketWeb {
  const web = once(async () => (await import("./bucket-web.ts")).openBucketWeb(ports()));
  return {
    corsRules: async (bucket) => (await web()).corsRules(bucket),
    isOpen: async (object, call) => (await web()).isOpen(object, call),
    visit: async (visit, call) => (await web()).visit(visit, call),
    inputOf: async (form) => (await web()).inputOf(form),
    post: async (form, call) => (await web()).post(form, call),
  };
}
