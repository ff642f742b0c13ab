// evoke status: is it running, and what does it hold?
import { type FunctionConfiguration, paginateListFunctions } from "@aws-sdk/client-lambda";
import type { Command } from "./arguments.ts";
import { advise, endpointOf, print, printJson, table, withLambda } from "./terminal.ts";

interface Health {
  version: string;
  services: string[];
  isolation: { level: number; description: string; missing: string[] };
  uptimeSeconds: number;
}

export async function status(command: Command): Promise<number> {
  const url = endpointOf(command);
  let health: Health;
  try {
    health = (await (await fetch(`${url}/_evoke/health`)).json()) as Health;
  } catch (error) {
    throw advise(error, command);
  }
  const functions = await withLambda(command, async (lambda) => {
    const all: FunctionConfiguration[] = [];
    for await (const page of paginateListFunctions({ client: lambda }, {})) all.push(...(page.Functions ?? []));
    return all;
  });
  if (command.json) {
    printJson({ url, ...health, functions: functions.map(({ FunctionName, Runtime, LastModified }) => ({ FunctionName, Runtime, LastModified })) });
    return 0;
  }
  print(`Evoke ${health.version} at ${url}, up ${health.uptimeSeconds} s, serving ${health.services.join(", ")}`);
  print(`Isolation: ${health.isolation.description}`);
  for (const line of health.isolation.missing) print(`  missing: ${line}`);
  if (functions.length === 0) print('No functions yet; make one with "evoke deploy DIR".');
  else print(table([["FUNCTION", "RUNTIME", "HANDLER", "MODIFIED"], ...functions.map((one) => [one.FunctionName!, one.Runtime ?? "", one.Handler ?? "", one.LastModified ?? ""])]));
  return 0;
}
