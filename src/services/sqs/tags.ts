// Tags of queues. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_TagQueue.html
import { changeTags } from "./change.ts";
import { invalidTagKey, invalidTagValue, missingParameter, reservedTagKey, tooManyTags } from "./errors.ts";
import type { Operations, Parts } from "./parts.ts";

const TAGS_MAX = 50;

/** What there is with these over it. */
export function checkedTags(queueName: string, existing: Record<string, string>, given: Record<string, string>): Record<string, string> {
  for (const [key, value] of Object.entries(given)) {
    if (key.length < 1 || key.length > 128) throw invalidTagKey();
    if (/^aws:/i.test(key)) throw reservedTagKey();
    if (value.length > 256) throw invalidTagValue();
  }
  const tags = { ...existing, ...given };
  if (Object.keys(tags).length > TAGS_MAX) throw tooManyTags(queueName);
  return tags;
}

export const tagging = (parts: Parts) => ({
  async TagQueue(input, call) {
    const queue = await parts.lookup.own(input.QueueUrl, call, "TagQueue");
    if (Object.keys(input.Tags).length === 0) throw missingParameter("Tags");
    await changeTags(parts, queue, (tags) => checkedTags(queue.name, tags, input.Tags));
    return {};
  },

  async UntagQueue(input, call) {
    const queue = await parts.lookup.own(input.QueueUrl, call, "UntagQueue");
    if (input.TagKeys.length === 0) throw missingParameter("TagKeys");
    await changeTags(parts, queue, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys.includes(key))));
    return {};
  },

  async ListQueueTags(input, call) {
    const { tags } = await parts.lookup.own(input.QueueUrl, call, "ListQueueTags");
    return Object.keys(tags).length > 0 ? { Tags: tags } : {};
  },
}) satisfies Operations;
