import { realpathSync, statSync } from "node:fs";

/** Nothing lies at a path, or what should be its folder is none. */
const MISSING = ["ENOENT", "ENOTDIR"];

/** Which file lies at `path`, as device and inode; null when none does. Throws when that cannot be known. */
export function fileIdentity(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    if (error instanceof Error && "code" in error && MISSING.includes(String(error.code)))
      return null;
    throw error;
  }
}

/** The path of the file itself where `path` leads to it over links; `path` as it is when nothing lies there. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
