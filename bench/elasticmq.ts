// ElasticMQ, the peer of the SQS benchmarks: brought by Maven into .evoke/ and run by Java, where this machine has both. https://github.com/softwaremill/elasticmq
import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ROOT } from "./process.ts";

const VERSION = "1.7.1";
const READY_MS = 60_000;

export const ELASTICMQ = `ElasticMQ ${VERSION}, in memory`;

/** Undefined, and why on standard error, when it cannot be had. */
export async function serveElasticmq(): Promise<{ url: string; stop(): Promise<void> } | undefined> {
  const folder = join(ROOT, `.evoke/elasticmq-${VERSION}`);
  try {
    for (const command of ["java", "mvn"]) execFileSync(command, ["-version"], { stdio: "ignore" });
    if (!existsSync(folder)) await bring(folder);
  } catch (error) {
    process.stderr.write(`NOT HERE: ElasticMQ (${(error as Error).message}); it takes default-jdk-headless and maven\n`);
    return undefined;
  }
  const port = await freePort();
  const config = join(folder, `${port}.conf`);
  writeFileSync(config, `include classpath("application.conf")
    node-address { protocol = http, host = localhost, port = ${port}, context-path = "" }
    rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "127.0.0.1" }
    rest-stats { enabled = false }`);
  const child = spawn("java", [`-Dconfig.file=${config}`, "-cp", join(folder, "jars/*"), "org.elasticmq.server.Main"], { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const began = performance.now();
  while (!(await fetch(url).then(() => true, () => false))) {
    if (child.exitCode !== null || performance.now() - began > READY_MS) throw new Error("ElasticMQ did not start");
    await sleep(100);
  }
  return {
    url,
    async stop() {
      child.kill();
      await exited;
      rmSync(config);
    },
  };
}

async function bring(folder: string): Promise<void> {
  process.stderr.write("bringing ElasticMQ …\n");
  mkdirSync(folder, { recursive: true });
  try {
    const pom = join(folder, "pom.xml");
    writeFileSync(pom, `<project><modelVersion>4.0.0</modelVersion><groupId>bench</groupId><artifactId>peer</artifactId><version>1</version><dependencies><dependency>
      <groupId>org.elasticmq</groupId><artifactId>elasticmq-server_2.13</artifactId><version>${VERSION}</version></dependency></dependencies></project>`);
    await promisify(execFile)("mvn", ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${join(folder, "jars")}`]);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

const freePort = (): Promise<number> => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { port: number };
    server.close(() => resolve(port));
  });
});
