// What holds for every batch of entries. Pure. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
import type { BatchResultErrorEntry } from "@aws-sdk/client-sqs";
import { ServiceError } from "../../kernel/errors.ts";
import { emptyBatch, entryIdRepeated, invalidEntryId, tooManyEntries } from "./message-errors.ts";

const ENTRIES_MAX = 10;
const ID = /^[A-Za-z0-9_-]{1,80}$/;

/** `name` is what AWS calls one entry. */
export function checkEntries(entries: { Id?: string | undefined }[], name: string): void {
  if (entries.length === 0) throw emptyBatch(name);
  if (entries.length > ENTRIES_MAX) throw tooManyEntries(entries.length);
  const seen = new Set<string>();
  for (const { Id = "" } of entries) {
    if (!ID.test(Id)) throw invalidEntryId();
    if (seen.has(Id)) throw entryIdRepeated(Id);
    seen.add(Id);
  }
}

/** One entry's refusal does not hold up the others. Anything that is no refusal is thrown on. */
export function failedEntry(id: string, error: unknown): BatchResultErrorEntry {
  if (!(error instanceof ServiceError)) throw error;
  return { Id: id, SenderFault: true, Code: error.code, Message: error.message };
}

/** What SQS leaves out of an answer when there is none of it. */
export const filled = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);
