import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** Text that is or would be committed: what git tracks, and what it does not ignore. */
export async function committedText(): Promise<Map<string, string>> {
  const listing = Bun.spawnSync(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
    { cwd: ROOT },
  );
  if (listing.exitCode !== 0) throw new Error("this needs a git checkout");
  const paths = listing.stdout.toString().split("\0").filter(Boolean);
  const files = new Map<string, string>();
  for (const path of paths) {
    const file = Bun.file(join(ROOT, path));
    const bytes = (await file.exists()) ? await file.bytes() : new Uint8Array();
    if (!bytes.includes(0)) files.set(path, new TextDecoder().decode(bytes));
  }
  return files;
}

/** "path:line" of every line that matches. */
export function linesWith(files: ReadonlyMap<string, string>, pattern: RegExp): string[] {
  return [...files].flatMap(([path, text]) =>
    text.split("\n").flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  );
}
