import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** Every file of src by its path from the root of the repository, in the order of the paths. */
export async function sourcesOf(): Promise<ReadonlyMap<string, string>> {
  const paths = await Array.fromAsync(new Bun.Glob("src/**/*").scan({ cwd: ROOT }));
  const files = new Map<string, string>();
  for (const path of paths.toSorted()) files.set(path, await Bun.file(join(ROOT, path)).text());
  return files;
}
