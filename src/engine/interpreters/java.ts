// Where Java is found: JAVA_HOME, the PATH, the system's own folders, SDKMAN, asdf and mise; and how a JVM for Lambda is started.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-java.html
import { join } from "node:path";
import { folders, onPath, there } from "./node.ts";
import type { Candidate } from "./probe.ts";

type Environment = Record<string, string | undefined>;

export async function javaCandidates(environment: Environment): Promise<Candidate[]> {
  const home = environment.HOME || "/";
  const parents = ["/usr/lib/jvm", "/usr/java", "/opt/java", join(environment.SDKMAN_DIR || join(home, ".sdkman"), "candidates/java"), join(home, ".asdf/installs/java"), join(home, ".local/share/mise/installs/java"), join(home, ".jdks"), join(home, ".gradle/jdks")];
  const homes = (await Promise.all(parents.map(folders))).flat();
  return there([
    ...(environment.JAVA_HOME ? [join(environment.JAVA_HOME, "bin/java")] : []),
    ...onPath(environment.PATH, ["java"]),
    ...homes.map((folder) => join(folder, "bin/java")),
  ]);
}

/**
 * As AWS's bootstraps start it, seen in a function's own command line (java17, 2024): serial collector, level 1 compiler from Java 17 on
 * (https://docs.aws.amazon.com/lambda/latest/dg/java-customization.html), the runtime client's reach into java.io for its log descriptor.
 */
export function javaFlags(wanted: string, found: string): string[] {
  const major = Number(found.split(".")[0]);
  const flags = ["-XX:+UseSerialGC", "-Xshare:auto"];
  if (Number(wanted) >= 17) flags.push("-XX:+TieredCompilation", "-XX:TieredStopAtLevel=1");
  if (major >= 9) flags.push("--add-opens=java.base/java.io=ALL-UNNAMED");
  if (major >= 22) flags.push("--enable-native-access=ALL-UNNAMED"); // the client is native code; newer JVMs warn of it
  flags.push("-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac");
  if (major >= 17) flags.push("-XX:+ErrorFileToStderr");
  return flags;
}

/** What AWS gives the heap: the memory without a tenth for classes (160 MB at most) and a twentieth for compiled code (80 MB at most); 445645k of 512 MB. */
export function heapFlag(memoryMb: number): string {
  const kb = memoryMb * 1024;
  return `-XX:MaxHeapSize=${kb - Math.min(Math.round(kb / 10), 160 * 1024) - Math.min(Math.round(kb / 20), 80 * 1024)}k`;
}

export function howToGetJava(version: string): string {
  return `no Java ${version} or newer was found; get it from the system's packages (apt install openjdk-${version}-jre-headless, dnf install java-${version}-amazon-corretto-headless) or with SDKMAN (sdk install java), or set JAVA_HOME`;
}
