/** Writes the table of settings into the README: `bun scripts/write-settings.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SETTING_DOCS } from "../src/config/config.ts";
import type { SettingDoc } from "../src/config/setting-doc.ts";

const START = "<!-- settings:start -->";
const END = "<!-- settings:end -->";
export const README = join(import.meta.dir, "../README.md");

/** The settings as a Markdown table. */
export function settingsTable(docs: readonly SettingDoc[]): string {
  const rows = docs.map((doc) => `| \`${doc.name}\` | ${fallback(doc)} | ${description(doc)} |`);
  return ["| setting | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

/** `readme` with the table between its two markers. Throws if a marker is missing. */
export function withSettings(readme: string, table: string): string {
  const from = readme.indexOf(START);
  const to = readme.indexOf(END);
  if (from < 0 || to < from)
    throw new Error(`the README must contain ${START} and, after it, ${END}`);
  return `${readme.slice(0, from + START.length)}\n\n${table}\n\n${readme.slice(to)}`;
}

function fallback(doc: SettingDoc): string {
  if (doc.fallback === null) return "none";
  return doc.fallbackIsValue ? `\`${doc.fallback}\`` : doc.fallback;
}

function description(doc: SettingDoc): string {
  return doc.secret ? `${doc.description} Secret: never printed.` : doc.description;
}

if (import.meta.main) {
  writeFileSync(README, withSettings(readFileSync(README, "utf8"), settingsTable(SETTING_DOCS)));
}
