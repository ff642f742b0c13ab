// Adds to a folder of .NET runtimes (DOTNET_ROOT) the one that a self-contained program carries as loose files, so that the folder's `dotnet` starts it:
// node tools/dotnet-for-tests.mjs PROGRAM_FOLDER DOTNET_ROOT. For tests where a machine's own packages have no .NET. (Plain JavaScript: any Node runs it, before ours is there.)
// https://learn.microsoft.com/dotnet/core/distribution-packaging
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FRAMEWORK = "Microsoft.NETCore.App";
const [program, root] = process.argv.slice(2);

const name = readdirSync(program).find((file) => file.endsWith(".deps.json"));
const { runtimeTarget, targets } = JSON.parse(readFileSync(join(program, name), "utf8"));
const [key, { runtime: own, native }] = Object.entries(targets[runtimeTarget.name]).find(([each]) => each.startsWith(`runtimepack.${FRAMEWORK}.`));
// What a package of the program brings in a newer edition (System.Text.Json and the like) is listed there, no longer with the runtime.
const newer = readdirSync(program).filter((file) => /^System\..*\.dll$/.test(file));
const runtime = { ...Object.fromEntries(newer.map((file) => [file, {}])), ...own };
const version = key.slice(key.lastIndexOf("/") + 1);
const shared = join(root, "shared", FRAMEWORK, version);
const host = join(root, "host/fxr", version);
for (const folder of [shared, host]) mkdirSync(folder, { recursive: true });
for (const file of Object.keys({ ...runtime, ...native })) copyFileSync(join(program, file), join(file === "libhostfxr.so" ? host : shared, file));
// A folder without this file is no runtime to `dotnet`.
writeFileSync(join(shared, `${FRAMEWORK}.deps.json`), JSON.stringify({ runtimeTarget, targets: { [runtimeTarget.name]: { [key]: { runtime, native } } }, libraries: { [key]: { type: "package", serviceable: false, sha512: "" } } }));
