// AWS's own runtime for Java: the jars of its runtime interface client, brought once from a Maven repository and shown to functions as /var/runtime/lib.
// https://github.com/aws/aws-lambda-java-libs
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../kernel/errors.ts";
import { readZip } from "../code/zip.ts";
import { install } from "./install.ts";
import { bringJar, fileName, type Jar } from "./maven.ts";

export const JAVA_MAIN = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";
const PACKAGE = "com.amazonaws.services.lambda.runtime.api.client";

/** Changing these makes every user's folder an old one, which is then brought again. */
const JARS: readonly Jar[] = [
  { group: "com.amazonaws", artifact: "aws-lambda-java-core", version: "1.4.0", sha256: "575c24393cc1ad645e83e618956eabd89ffe8cc09efae2cb62bc6589154d68ed" },
  { group: "com.amazonaws", artifact: "aws-lambda-java-runtime-interface-client", version: "2.9.0", sha256: "26568a5f63bf9e921567e77661be425650abc8972bae2aa0b7e99bab4e4239d9" },
  { group: "com.amazonaws", artifact: "aws-lambda-java-serialization", version: "1.2.0", sha256: "1513c1f945a3213f916a4b2de1760c97b51d84d110f82bbbcf9cfac53d5651e7" },
  { group: "software.amazon.awssdk", artifact: "utils-lite", version: "2.34.0", sha256: "efaf784f07ae526f0b5c89d71ef21cf16636131c47d44616e3df9bedc3f4f89a" },
];
const CLIENT = JARS[1]!;
const NATIVE = "lib/jni/libaws-lambda-jni.so";

export interface JavaClient {
  /** Seen as /var/runtime, and at its own place: a shared archive remembers where its jars were. */
  folder: string;
  version: string;
  /** What loads it: after the JVM's own flags, before the handler. */
  words(javaVersion: string): Promise<string[]>;
}

export interface JavaForArchive {
  path: string;
  version: string;
  flags: string[];
}

export async function findJavaClient(cache: string): Promise<JavaClient | undefined> {
  const folder = join(cache, "java");
  const version = await readFile(join(folder, "version"), "utf8").catch(() => undefined);
  if (version !== CLIENT.version) return undefined;
  return {
    folder, version,
    async words(javaVersion) {
      const archive = join(folder, archiveName(javaVersion));
      const shared = await access(archive).then(() => [`-XX:SharedArchiveFile=${archive}`], () => []);
      return [...shared, ...classPath(folder), JAVA_MAIN];
    },
  };
}

const archiveName = (javaVersion: string): string => `lib/java-${javaVersion}.jsa`;
const classPath = (folder: string): string[] => [`-D${PACKAGE}.runtimeapi.NativeClient.JNI=${join(folder, NATIVE)}`, "-classpath", JARS.map((jar) => join(folder, "lib", fileName(jar))).join(":")];

/** Made beside, then moved into place. Archives of loaded classes come last: a start takes half as long with one, and works without. */
export async function addJavaClient(cache: string, environment: Record<string, string | undefined>, java: JavaForArchive, onProgress: (line: string) => void): Promise<void> {
  if (process.platform !== "linux") throw new Fault("Java functions run on Linux only: the native part of AWS's runtime interface client is published for Linux alone");
  await mkdir(cache, { recursive: true });
  const target = join(cache, "java");
  if (!(await findJavaClient(cache))) {
    const work = await mkdtemp(join(cache, "adding-"));
    try {
      await mkdir(join(work, "lib/jni"), { recursive: true });
      for (const jar of JARS) {
        onProgress(`fetching ${jar.group}:${jar.artifact}:${jar.version}`);
        const bytes = await bringJar(jar, environment);
        await writeFile(join(work, "lib", fileName(jar)), bytes);
        if (jar === CLIENT) await writeFile(join(work, NATIVE), await nativePart(bytes), { mode: 0o755 });
      }
      await writeFile(join(work, "version"), CLIENT.version);
      await chmod(work, 0o755); // a temporary folder is its owner's alone; functions run as somebody else
      await rm(target, { recursive: true, force: true });
      await rename(work, target);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    onProgress(`installed in ${target}`);
  }
  await archive(target, java, onProgress);
}

/**
 * The client's own class that loads every class of its jars was made for this. It ends with an error at a class for newer JVMs only, when
 * nearly all is loaded; what counts is the file. Java can do it from 13 on.
 */
async function archive(folder: string, { path, version, flags }: JavaForArchive, onProgress: (line: string) => void): Promise<void> {
  const file = join(folder, archiveName(version));
  if (Number(version.split(".")[0]) < 13 || (await access(file).then(() => true, () => false))) return;
  onProgress(`preparing Java ${version}`);
  const args = [...flags, "-Xlog:disable", `-XX:ArchiveClassesAtExit=${file}.new`, ...classPath(folder), `${PACKAGE}.ClasspathLoader`];
  await install({ command: path, args, env: { PATH: "/usr/bin:/bin" }, absent: `${path} could not be started` }, () => {}).catch(() => {});
  await chmod(`${file}.new`, 0o644).then(() => rename(`${file}.new`, file)).catch(() => onProgress(`Java ${version} made no shared archive; it works without, and starts take longer`));
}

async function nativePart(jar: Uint8Array): Promise<Uint8Array> {
  const musl = (await readdir("/lib").catch(() => [])).some((name) => name.startsWith("ld-musl-")) ? "_musl" : "";
  const wanted = `jni/libaws-lambda-jni.linux${musl}-${process.arch === "arm64" ? "aarch_64" : "x86_64"}.so`;
  const entry = (await readZip(jar)).entries.find(({ path }) => path === wanted);
  if (!entry) throw new Fault(`AWS's runtime interface client for Java has no ${wanted}: Java functions need an x86-64 or 64-bit ARM machine`);
  return entry.bytes();
}
