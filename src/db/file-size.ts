import { stat } from "node:fs/promises";

/** The size of a file in bytes; null if it cannot be read. Never blocks the event loop: a disk may be slow. */
export async function fileSize(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch {
    return null;
  }
}
