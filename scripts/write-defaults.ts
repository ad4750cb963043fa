/** Writes the defaults of limits and minimums into docs/fields.md: `bun scripts/write-defaults.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { treeOf } from "../src/http/openapi/json-tree.ts";
import { defaultsOf } from "../src/http/pages/terms-model.ts";
import { servedDocument } from "./write-openapi.ts";

export const FIELDS_FILE = join(import.meta.dir, "../docs/fields.md");

const START = "<!-- defaults:start -->";
const END = "<!-- defaults:end -->";

/** The rows of the table, from the OpenAPI document: address, parameter, default. */
export function defaultRows(document: string): string[] {
  const tree = treeOf(JSON.parse(document) as object);
  return defaultsOf(tree).map(
    ({ path, parameter, fallback }) => `| \`${path}\` | \`${parameter}\` | ${fallback} |`,
  );
}

if (import.meta.main) {
  const page = readFileSync(FIELDS_FILE, "utf8");
  const from = page.indexOf(START);
  const to = page.indexOf(END);
  if (from < 0 || to < from)
    throw new Error(`docs/fields.md must contain ${START} and, after it, ${END}`);
  const table = [
    "| address | parameter | default |",
    "| --- | --- | --- |",
    ...defaultRows(await servedDocument()),
  ];
  const head = page.slice(0, from + START.length);
  writeFileSync(FIELDS_FILE, `${head}\n\n${table.join("\n")}\n\n${page.slice(to)}`);
  // Let the formatter align the table.
  Bun.spawnSync([process.execPath, "fmt", FIELDS_FILE]);
}
