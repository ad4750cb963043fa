import { realpathSync, statSync } from "node:fs";

/** Error codes for a missing file, or a path through something that is not a folder. */
const MISSING = ["ENOENT", "ENOTDIR"];

/** The identity (device and inode) of the file at `path`; null if there is none. Throws if it cannot be determined. */
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

/** The path with links resolved; `path` itself if there is no file. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
