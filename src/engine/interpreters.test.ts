// Real interpreters of this machine, and small scripts that answer like them for versions it has not.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, it } from "node:test";
import { silentLog, type Log } from "../kernel/log.ts";
import { MANAGED_RUNTIMES, openInterpreters, openRuntimeVersions } from "./interpreters.ts";
import { serving } from "./interpreters/families.ts";
import { heapFlag, javaFlags } from "./interpreters/java.ts";
import { outermost } from "./interpreters/probe.ts";

const home = mkdtempSync(join(tmpdir(), "evoke-interpreters-"));
after(() => rmSync(home, { recursive: true, force: true }));

function script(path: string, body: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

/** Has no modules, so no pip either. */
const answering = (path: string, version: string): void => script(path, `[ "$1" = -m ] && exit 1; echo '${JSON.stringify({ version, path, folders: [dirname(dirname(path))] })}'`);

function open(extra: { PATH?: string; log?: Log } = {}) {
  return openInterpreters({ dataDir: home, environment: { HOME: home, PATH: extra.PATH ?? "/nowhere" }, execPath: process.execPath, log: extra.log ?? silentLog });
}

it("counts the Node that runs the platform for its own version", async () => {
  const major = process.versions.node.split(".")[0];
  const found = await open().find(`nodejs${major}.x`);
  assert.ok("argv" in found);
  assert.deepEqual([found.exact, found.version, found.argv[0]], [true, process.versions.node, process.execPath]);
  assert.ok(found.bootstrap === "bootstrap.cjs" && found.runtimeDir?.endsWith("/runtimes/nodejs"));
});

it("finds versions of nvm and of pyenv, and takes the exact one", async () => {
  answering(join(home, ".nvm/versions/node/v22.5.0/bin/node"), "22.5.0");
  answering(join(home, ".pyenv/versions/3.12.9/bin/python3"), "3.12.9");
  const interpreters = open();
  const node = await interpreters.find("nodejs22.x");
  assert.ok("argv" in node && node.exact);
  assert.deepEqual(node.readOnlyPaths, [join(home, ".nvm/versions/node/v22.5.0")]);
  const python = await interpreters.find("python3.12");
  assert.ok("argv" in python && python.exact);
  assert.deepEqual(python.readOnlyPaths, [join(home, ".pyenv/versions/3.12.9")]);
});

it("starts Node.js with what AWS turns off for each runtime, and with no flag an old one does not know", async () => {
  const off = async (runtime: string, extra = {}) => {
    const found = await open(extra).find(runtime);
    return "argv" in found && found.argv.filter((flag) => flag.startsWith("--no-"));
  };
  answering(join(home, "old/node"), "20.9.0");
  assert.deepEqual(await off("nodejs22.x"), ["--no-experimental-require-module", "--no-experimental-detect-module"]);
  assert.deepEqual(await off("nodejs20.x"), ["--no-experimental-require-module"]);
  assert.deepEqual(await off("nodejs20.x", { PATH: join(home, "old") }), []);
  assert.deepEqual(await off("nodejs26.x"), []);
});

it("adds an SDK from what npm installs, shows it as /var/runtime from then on, and keeps the one there is when that fails", async () => {
  const folder = join(home, "npm-sdk");
  script(join(folder, "npm"), `[ -e "${home}/npm-fails" ] && { echo "no network" >&2; exit 1; }; mkdir -p "$7/node_modules/@aws-sdk/client-sts/dist-types"; echo '{"version":"3.1.2"}' > "$7/node_modules/@aws-sdk/client-sts/package.json"`);
  const interpreters = open({ PATH: `${folder}:/usr/bin:/bin` });
  const major = process.versions.node.split(".")[0];
  const before = await interpreters.find(`nodejs${major}.x`);
  assert.ok("argv" in before && before.bootstrapDir === undefined);
  assert.deepEqual(await interpreters.sdks(), [{ name: "aws-sdk-js" }, { name: "boto3" }]);
  const sdk = await interpreters.addSdk("aws-sdk-js", () => {}, ["@aws-sdk/client-sts"]);
  assert.equal(sdk.version, "3.1.2");
  assert.deepEqual(readdirSync(join(sdk.folder, "node_modules/@aws-sdk/client-sts")), ["package.json"]);
  const found = await interpreters.find(`nodejs${major}.x`);
  assert.ok("argv" in found);
  assert.deepEqual([found.runtimeDir, found.bootstrapDir, found.bootstrap], [sdk.folder, before.runtimeDir, "evoke/bootstrap.cjs"]);
  writeFileSync(join(home, "npm-fails"), "");
  await assert.rejects(interpreters.addSdk("aws-sdk-js", () => {}), /npm install .*failed: no network/);
  assert.deepEqual(readdirSync(dirname(sdk.folder)).filter((name) => name.startsWith("adding-")), []);
  assert.equal((await interpreters.sdks())[0]!.found?.version, "3.1.2");
  rmSync(sdk.folder, { recursive: true });
});

it("says how to get pip where no Python has it", async () => {
  await assert.rejects(open({ PATH: "/nowhere" }).addSdk("boto3", () => {}), /none of the Pythons here has pip .*ensurepip/);
});

it("takes the nearest newer version when the exact one is not there, and says so once", async () => {
  const warnings: string[] = [];
  const interpreters = open({ log: { ...silentLog, warn: (line) => warnings.push(line) } });
  for (let round = 0; round < 2; round++) {
    const found = await interpreters.find("nodejs20.x");
    assert.ok("argv" in found && !found.exact && found.version === "22.5.0");
  }
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /nodejs20\.x runs on 22\.5\.0.*evoke runtimes add nodejs20\.x/);
});

it("never takes an older version, and names how to get what is missing", async () => {
  const found = await open().find("python3.14");
  assert.ok("missing" in found);
  assert.match(found.missing, /no Python 3\.14 or newer.*pyenv install 3\.14/);
});

it("keeps the list whole when an interpreter is broken or hangs, and passes by pyenv's shims", async () => {
  script(join(home, "bin/node"), "echo nonsense");
  script(join(home, "bin/python3.14"), "exit 1");
  script(join(home, "bin/python3.12"), `echo '{"version":3.12,"path":"/bin/sh","folders":[]}'`);
  script(join(home, "shims/python3.13"), `echo '{"version":"3.13.1","path":"/bin/sh","folders":[]}'`);
  const list = await open({ PATH: `${home}/bin:${home}/shims:relative` }).list();
  assert.deepEqual(list.map(({ runtime }) => runtime), MANAGED_RUNTIMES);
  for (const { runtime, found, missing } of list) assert.ok((found === undefined) !== (missing === undefined), runtime);
  assert.equal(list.find(({ runtime }) => runtime === "python3.13")?.found, undefined);
});

it("asks a program once that is seen in two folders, as in /bin and /usr/bin", async () => {
  const folder = join(home, "twice");
  script(join(folder, "bin/python3.14"), `echo asked >> ${folder}/asked; echo '{"version":"3.14.9","path":"/bin/sh","folders":[]}'`);
  symlinkSync("bin", join(folder, "also"));
  const found = await open({ PATH: `${folder}/bin:${folder}/also` }).find("python3.14");
  assert.ok("argv" in found && found.version === "3.14.9");
  assert.equal(readFileSync(join(folder, "asked"), "utf8"), "asked\n");
});

it("asks again who did not answer, but not for ever", async () => {
  const folder = join(home, "loaded");
  const overloaded = (times: number) => `echo asked >> ${folder}/asked; [ $(wc -l < ${folder}/asked) -gt ${times} ] || kill -9 $$; echo '{"version":"3.14.9","path":"/bin/sh","folders":[]}'`;
  script(join(folder, "python3.14"), overloaded(2));
  const interpreters = open({ PATH: `${folder}:/usr/bin:/bin` });
  let found = await interpreters.find("python3.14");
  for (let tries = 0; !("argv" in found) && tries < 2; tries++) found = await interpreters.find("python3.14");
  assert.ok("argv" in found && found.version === "3.14.9");
  rmSync(join(folder, "asked"));
  script(join(folder, "python3.14"), overloaded(1000));
  const never = open({ PATH: `${folder}:/usr/bin:/bin` });
  for (let tries = 0; tries < 10; tries++) assert.ok("missing" in (await never.find("python3.14")));
  assert.equal(readFileSync(join(folder, "asked"), "utf8").length, "asked\n".length * 4);
});

it("refuses a runtime it does not know, and says that Python cannot be added from a registry", async () => {
  const interpreters = open();
  await assert.rejects(interpreters.find("cobol74"), /"cobol74" is not a managed runtime/);
  await assert.rejects(interpreters.add("python3.14", () => {}), /no package registry carries it; get it with pyenv/);
});

it("adds a Node from what npm installs, and then finds it", async () => {
  const folder = join(home, "npm-bin");
  // Stands in for npm: what matters here is what is asked of it, and where its result ends up.
  const binary = `node_modules/node-${process.platform}-${process.arch}/bin/node`;
  script(join(folder, "npm"), `echo "$*"; mkdir -p "$7/$(dirname ${binary})"; printf '#!/bin/sh\\necho {\\\\"version\\\\":\\\\"24.1.0\\\\",\\\\"path\\\\":\\\\"%s\\\\",\\\\"folders\\\\":[]}' "${join(home, ".cache/evoke/runtimes/nodejs24.x", binary)}" > "$7/${binary}"; chmod +x "$7/${binary}"`);
  const lines: string[] = [];
  const interpreters = open({ PATH: `${folder}:/usr/bin:/bin` });
  const before = await interpreters.find("nodejs24.x");
  assert.ok("argv" in before && !before.exact);
  const added = await interpreters.add("nodejs24.x", (line) => lines.push(line));
  assert.ok(added.exact && added.version === "24.1.0");
  assert.match(lines.join("\n"), /install --ignore-scripts .*--prefix .*node-\w+-\w+@24/);
  const after = await interpreters.find("nodejs24.x");
  assert.ok("argv" in after && after.exact);
});

it("takes the wanted release before newer ones, of one release the newest, and of equals the first", () => {
  const best = (wanted: string, ...versions: string[]) => serving(wanted, versions.map((version) => ({ version }))).map(({ version }) => version);
  assert.deepEqual(best("22", "26.1.0", "22.1.0", "22.9.0", "22.10.0", "18.0.0"), ["22.10.0", "22.9.0", "22.1.0", "26.1.0"]);
  assert.deepEqual(best("24", "26.1.0", "22.1.0"), ["26.1.0"]);
  assert.deepEqual(best("27", "26.1.0"), []);
  assert.deepEqual(best("3.10", "3.9.1", "3.12.0", "3.11.4"), ["3.11.4", "3.12.0"]);
  assert.deepEqual(serving("3.11", [{ version: "3.11.7", isPrivate: true }, { version: "3.11.2" }, { version: "3.11.1" }]).map(({ version }) => version), ["3.11.2", "3.11.1", "3.11.7"]);
  assert.equal(serving("22", [{ version: "22.1.0", path: "first" }, { version: "22.1.0", path: "second" }])[0]!.path, "first");
});

it("keeps every version that serves a runtime, starts the pinned one, and never another in its place", async () => {
  const place = (version: string) => join(home, `.nvm/versions/node/v${version}/bin/node`);
  for (const version of ["24.2.0", "24.10.1"]) answering(place(version), version);
  const interpreters = open();
  assert.deepEqual((await interpreters.versions("nodejs24.x")).slice(0, 2), ["24.10.1", "24.2.0"]);
  const started = async (pinned?: string) => {
    const found = await interpreters.find("nodejs24.x", pinned);
    return "argv" in found ? found.argv[0] : found.missing;
  };
  assert.equal(await started(), place("24.10.1"));
  assert.equal(await started("24.2.0"), place("24.2.0"));
  assert.match((await started("24.0.0"))!, /^nodejs24\.x is held to Node 24\.0\.0 by the function's runtime management configuration, and 24\.0\.0 was not found; this machine has 24\.10\.1, 24\.2\.0, .*put-runtime-management-config/);
  // An update in place, and one that is removed, under a running platform.
  answering(place("24.2.0"), "24.2.10");
  assert.match((await started("24.2.0"))!, /24\.2\.0 was not found/);
  assert.equal(await started("24.2.10"), place("24.2.0"));
  rmSync(join(home, ".nvm/versions/node/v24.10.1"), { recursive: true });
  assert.equal(await started(), place("24.2.0"));
  answering(place("24.0.0"), "24.0.0");
  assert.equal(await started("24.0.0"), place("24.0.0"), "one that came back is found");
  rmSync(join(home, ".nvm/versions/node/v24.2.0"), { recursive: true });
  rmSync(join(home, ".nvm/versions/node/v24.0.0"), { recursive: true });
});

it("holds an OS-only runtime to this machine's system", async () => {
  const versions = openRuntimeVersions(open());
  const found = await versions.find("provided.al2023");
  assert.ok("version" in found);
  assert.deepEqual(await versions.versions("provided.al2023"), [found.version]);
  assert.deepEqual(await versions.find("provided.al2023", found.version), found);
  assert.match(((await versions.find("provided.al2023", "debian-1")) as { missing: string }).missing, /held to debian-1 .* this machine's system is /);
});

it("names the folders a sandbox has to show, outermost only and without the system's", () => {
  assert.deepEqual(outermost(["/opt/py/bin", "/opt/py", "/usr/lib", "/opt/python", "", "/usr"]), ["/opt/py", "/opt/python"]);
});

it("finds Java by JAVA_HOME and SDKMAN, Ruby by rbenv, and each .NET beside one dotnet", async () => {
  const java = (path: string, version: string) => script(path, `echo "    java.home = ${dirname(dirname(path))}" >&2; echo "    java.version = ${version}" >&2`);
  java(join(home, "jdk8/bin/java"), "1.8.0_402");
  java(join(home, ".sdkman/candidates/java/99.0.1-tem/bin/java"), "99.0.1");
  answering(join(home, ".rbenv/versions/3.3.6/bin/ruby"), "3.3.6");
  script(join(home, ".dotnet/dotnet"), 'echo "Microsoft.AspNetCore.App 9.0.1 [/x]"; echo "Microsoft.NETCore.App 8.0.11 [/x]"; echo "Microsoft.NETCore.App 12.0.0 [/x]"');
  const interpreters = openInterpreters({ dataDir: home, environment: { HOME: home, PATH: "/nowhere", JAVA_HOME: join(home, "jdk8") }, execPath: process.execPath, log: silentLog });
  const missing = await interpreters.find("java8.al2");
  assert.ok("missing" in missing);
  assert.match(missing.missing, /^Java 8\.0\.402 is here, but not AWS's runtime interface client.*evoke runtimes add java8\.al2$/);
  assert.match(((await interpreters.find("java25")) as { missing: string }).missing, /^Java (25|99)\./); // this machine may have a 25 of its own
  const [ruby, eight, ten] = await Promise.all([interpreters.find("ruby3.3"), interpreters.find("dotnet8"), interpreters.find("dotnet10")]);
  assert.ok("argv" in ruby && "argv" in eight && "argv" in ten);
  assert.deepEqual([ruby.argv, ruby.bootstrap, ruby.exact], [[join(home, ".rbenv/versions/3.3.6/bin/ruby")], "bootstrap.rb", true]);
  assert.deepEqual([eight.argv.slice(1), eight.exact, ten.argv.slice(1), ten.version], [["exec"], true, ["exec", "--roll-forward", "Major"], "12.0.0"]);
  const held = await interpreters.find("dotnet8", "12.0.0");
  assert.deepEqual("argv" in held && held.argv.slice(1), ["exec", "--fx-version", "12.0.0"]);
  assert.match(((await interpreters.find("ruby4.0")) as { missing: string }).missing, /no Ruby 4\.0 or newer.*rbenv install 4\.0\.0/);
  await assert.rejects(interpreters.add("ruby3.4", () => {}), /no Ruby 3\.4 .*no package registry carries it/);
  await assert.rejects(interpreters.add("ruby3.2", () => {}), /ruby3\.2 runs on 3\.3\.6 here.*rbenv install 3\.2\.0/);
  assert.equal((await interpreters.add("ruby3.3", () => {})).version, "3.3.6");
});

it("starts Java as AWS does, with no flag an old one does not know", () => {
  assert.deepEqual(javaFlags("17", "17.0.15").slice(2), ["-XX:+TieredCompilation", "-XX:TieredStopAtLevel=1", "--add-opens=java.base/java.io=ALL-UNNAMED", "-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac", "-XX:+ErrorFileToStderr"]);
  assert.deepEqual(javaFlags("8", "8.0.402"), ["-XX:+UseSerialGC", "-Xshare:auto", "-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac"]);
  assert.ok(javaFlags("25", "25.0.3").includes("--enable-native-access=ALL-UNNAMED"));
  // Seen in functions of 512 MB and of 3008 MB.
  assert.deepEqual([heapFlag(512), heapFlag(3008)], ["-XX:MaxHeapSize=445645k", "-XX:MaxHeapSize=2834432k"]);
});
