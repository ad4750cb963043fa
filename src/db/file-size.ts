import { stat } from "node:fs/promises";

/** The size of a file in bytes, null where none can be seen. Never holds the event loop: a disk may take its time. */
export async function fileSize(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch {
    return null;
  }
}
