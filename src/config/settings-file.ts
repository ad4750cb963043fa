import { readFileSync } from "node:fs";
import { didYouMean } from "../lib/nearest.ts";

/** The contents of a settings file: each value as text, as in an environment variable. */
export interface SettingsFile {
  readonly values: Readonly<Record<string, string>>;
  /** Safe to show: never contains values from the file. */
  readonly problems: readonly string[];
}

/** Reads a flat TOML file of strings, numbers and lists of strings. A name that is not one of `names` is a problem. */
export function readSettingsFile(
  path: string,
  readFile: (path: string) => string,
  names: readonly string[],
): SettingsFile {
  let text: string;
  try {
    text = readFile(path);
  } catch {
    return { values: {}, problems: ["cannot be read"] };
  }
  let entries: [string, unknown][];
  try {
    entries = Object.entries(Bun.TOML.parse(text));
  } catch {
    // The parser's message quotes the file, which may contain secrets.
    return {
      values: {},
      problems: ["is not valid TOML (name = value, strings in quotes, no duplicate names)"],
    };
  }
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const [name, value] of entries) {
    const asText = valueText(value);
    if (!names.includes(name)) problems.push(`${name} is not a setting${didYouMean(name, names)}`);
    else if (asText === null)
      problems.push(`${name} must be a string, a number or a list of strings`);
    else values[name] = asText;
  }
  return { values, problems };
}

function valueText(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (Array.isArray(value) && value.every((member) => typeof member === "string"))
    return value.join(",");
  return null;
}

/** The text of an operator's file. Throws if it cannot be read. */
export function readText(path: string): string {
  return readFileSync(path, "utf8");
}
