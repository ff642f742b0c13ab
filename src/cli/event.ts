// evoke event SOURCE[:TYPE]: a sample of what a source sends to a function; alone, which there are.
import { realClock } from "../kernel/clock.ts";
import { realIds } from "../kernel/ids.ts";
import { type Command, UsageError } from "./arguments.ts";
import { factsOf } from "./samples/facts.ts";
import { setValue } from "./samples/set.ts";
import { findSample, SOURCES } from "./samples/catalogue.ts";
import { one, print, printJson, table } from "./terminal.ts";

/** The account of everything here, unless the credentials say otherwise. */
const ACCOUNT = "000000000000";

export async function event(command: Command): Promise<number> {
  if (command.positionals.length > 0) printJson(sampleEvent(command, one(command, "source")));
  else if (command.json) printJson(Object.fromEntries(Object.entries(SOURCES).map(([source, { title, samples }]) => [source, { title, types: Object.keys(samples) }])));
  else {
    print(table(Object.entries(SOURCES).flatMap(([source, { title, samples }]) => {
      const [usual, ...others] = Object.keys(samples);
      return [[source, title, usual!], ...others.map((type) => ["", "", type])];
    })));
    print("\nFor one: evoke event s3:ObjectCreated:Put; to a function: evoke invoke NAME --sample s3:ObjectCreated:Put");
  }
  return 0;
}

/** With what --set changes. Throws UsageError that names the nearest there are. */
export function sampleEvent({ options, environment, config }: Pick<Command, "options" | "environment" | "config">, name: string): unknown {
  const found = findSample(name);
  if ("nearest" in found) throw new UsageError(`there is no sample "${name}"; did you mean ${found.nearest.join(", ")}? (all of them: evoke event)`);
  const region = environment["AWS_REGION"] || environment["AWS_DEFAULT_REGION"] || config.region;
  const key = environment["AWS_ACCESS_KEY_ID"] ?? "";
  const facts = factsOf({ ids: realIds(), nowMs: realClock().now(), account: /^\d{12}$/.test(key) ? key : ACCOUNT, region });
  const sample = found.sample(facts);
  for (const assignment of (options["set"] as string[] | undefined) ?? []) setValue(sample, assignment);
  return sample;
}
