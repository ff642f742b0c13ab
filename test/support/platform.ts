// A whole Evoke for one test file: in memory, on a free port, gone at close().
import { LambdaClient } from "@aws-sdk/client-lambda";
import { readConfig, type Config } from "../../src/config.ts";
import { realClock } from "../../src/kernel/clock.ts";
import { realIds } from "../../src/kernel/ids.ts";
import { lineLog, type Log } from "../../src/kernel/log.ts";
import { openPlatform, type Platform } from "../../src/platform.ts";

export interface TestPlatform extends AsyncDisposable {
  url: string;
  platform: Platform;
  lambda: LambdaClient;
  /** What any AWS SDK client needs to talk to this platform. */
  clientConfig: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string }; maxAttempts: number; disableHostPrefix: true };
  close(): Promise<void>;
}

export async function openTestPlatform(settings: Partial<Config> = {}, log?: Log, environment: Record<string, string | undefined> = process.env): Promise<TestPlatform> {
  const clock = realClock();
  const config: Config = { ...readConfig({ flags: { port: "0", ephemeral: "true", prewarm: "0" }, environment: {}, file: undefined }), ...settings };
  const platform = await openPlatform({ config, clock, ids: realIds(), log: log ?? lineLog((process.env["EVOKE_TEST_LOG"] as "warn") ?? "error", clock.now, (line) => process.stderr.write(`${line}\n`)), environment });
  const { url } = await platform.listen();
  const clientConfig: TestPlatform["clientConfig"] = { endpoint: url, region: "eu-west-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1, disableHostPrefix: true };
  const lambda = new LambdaClient(clientConfig);
  const close = async () => {
    lambda.destroy();
    await platform.close(1_000);
  };
  return { url, platform, lambda, clientConfig, close, [Symbol.asyncDispose]: close };
}
