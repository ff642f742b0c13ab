// Makes functions on a running Evoke for the benchmarks.
import { CreateFunctionCommand, InvokeCommand, LambdaClient, type Runtime, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { zipOf } from "../test/support/zip.ts";

interface Source { runtime: Runtime; handler: string; files: Record<string, string> }

const node = (code: string): Source => ({ runtime: `nodejs${process.version.slice(1).split(".")[0]}.x` as Runtime, handler: "index.handler", files: { "index.js": code } });

export const SOURCES: Record<string, Source> = {
  node: node("exports.handler = async (event) => event;"),
  python: { runtime: "python3.11", handler: "index.handler", files: { "index.py": "def handler(event, context):\n    return event\n" } },
  /** Says how late after it was sent each message of a queue begins: all processes of one machine read the same monotonic clock. */
  late: node("exports.handler = async (event) => { const now = process.hrtime.bigint(); for (const { body } of event.Records) console.log(`BEGAN ${now - BigInt(body)}`); };"),
  /** The same of objects, whose keys say when they were put. */
  told: node("exports.handler = async (event) => { const now = process.hrtime.bigint(); for (const { s3 } of event.Records) console.log(`BEGAN ${now - BigInt(s3.object.key)}`); };"),
  nothing: node("exports.handler = async () => {};"),
};

export const lambdaAt = (url: string): LambdaClient => new LambdaClient({ endpoint: url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });

export async function makeFunction(lambda: LambdaClient, name: string, kind: string, memoryMb = 1769): Promise<void> {
  const { runtime, handler, files } = SOURCES[kind]!;
  await lambda.send(new CreateFunctionCommand({ FunctionName: name, Runtime: runtime, Handler: handler, Role: "arn:aws:iam::000000000000:role/bench", MemorySize: memoryMb, Code: { ZipFile: await zipOf(files) } }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30, minDelay: 0.05, maxDelay: 0.2 } as never, { FunctionName: name });
}

/** Milliseconds of one invoke over HTTP; throws when the function failed. */
export async function timeInvoke(lambda: LambdaClient, name: string): Promise<number> {
  const started = performance.now();
  const answer = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: new TextEncoder().encode('{"a":1}') }));
  if (answer.FunctionError) throw new Error(`${name}: ${new TextDecoder().decode(answer.Payload)}`);
  return performance.now() - started;
}
