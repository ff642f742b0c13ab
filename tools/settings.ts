// Writes docs/reference/settings.md from src/config.ts; with --check it fails when that page is stale.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { flagOf, SETTINGS, SETTING_NAMES, variableOf } from "../src/config.ts";

const page = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs", "reference", "settings.md");
/** Depends on the machine, so the page says the rule instead. */
const DEFAULT_IN_WORDS: Record<string, string> = { environmentsMax: "one per 128 MB of the machine, at most 1000" };

const rows = SETTING_NAMES.map((name) => {
  const setting: { default: unknown; says: string; takes?: string } = SETTINGS[name];
  const fallback = DEFAULT_IN_WORDS[name] ?? (setting.default === "" ? "none" : `\`${setting.default}\``);
  return `| \`--${flagOf(name)}${setting.takes ? ` ${setting.takes.replaceAll("|", "\\|")}` : ""}\` | \`${variableOf(name)}\` | \`${name}\` | ${fallback} | ${setting.says} |`;
});
const text = `# Settings

Generated from \`src/config.ts\` by \`node tools/settings.ts\`; do not edit. A flag wins over an environment variable, a variable over \`evoke.config.json\` in the current folder.

| flag | variable | key in evoke.config.json | default | |
|---|---|---|---|---|
${rows.join("\n")}
`;

if (process.argv.includes("--check")) {
  if (!existsSync(page) || readFileSync(page, "utf8") !== text) {
    process.stderr.write("docs/reference/settings.md is stale: run `node tools/settings.ts`\n");
    process.exit(1);
  }
} else {
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, text);
}
