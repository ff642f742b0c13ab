// What takes batches under an ARN; and several who keep mappings as one: the Lambda room's event source mappings, and pipes.
import { parseArn } from "../kernel/arn.ts";
import type { BatchConsumer, BatchConsumers } from "../ports/batch-consumers.ts";
import type { EventSourceMappings } from "../ports/event-source-mappings.ts";

export function openConsumers(consumers: BatchConsumer[]): BatchConsumers {
  const byService = new Map(consumers.map((consumer) => [consumer.service, consumer]));
  return { find: (arn) => byService.get(parseArn(arn)?.service ?? "") };
}

/** Their UUIDs are of one space: each hears of all reports, and passes over what is not its own. */
export function keptTogether(keepers: EventSourceMappings[]): EventSourceMappings {
  const ofAll = async <T>(ask: (keeper: EventSourceMappings) => Promise<T[]>): Promise<T[]> => (await Promise.all(keepers.map(ask))).flat();
  return {
    wanted: () => ofAll((keeper) => keeper.wanted()),
    ending: () => ofAll((keeper) => keeper.ending()),
    known: async (uuid) => (await Promise.all(keepers.map((keeper) => keeper.known(uuid)))).includes(true),
    changed: (signal) => Promise.race(keepers.map((keeper) => keeper.changed(signal))),
    async report(uuid, revision, report) {
      for (const keeper of keepers) await keeper.report(uuid, revision, report);
    },
  };
}
