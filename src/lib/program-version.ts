import { readFileSync } from "node:fs";
import { projectFile } from "./project-files.ts";

/** The version of this program, as package.json has it: read from the disk, so ask for it once. */
export function programVersion(): string {
  const text = readFileSync(projectFile("package.json"), "utf8");
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}
