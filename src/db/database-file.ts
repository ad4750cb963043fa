import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { projectFile } from "../lib/project-files.ts";

/** A right on a database file, held through a lock file beside it. */
export type Right = "collector" | "migrate";

/** One of the files in which the service keeps its data: what opening, migrating and checking need to know of it. */
export interface DatabaseFile {
  /** As the log names it; its migrations lie in the folder of that name. */
  readonly name: string;
  /** `:memory:` for one without a file. */
  readonly path: string;
  readonly migrationsFolder: string;
  /** What a migrated file has. */
  readonly tables: readonly SQLiteTable[];
  /** FULL: what was committed outlives a power cut. NORMAL: it may lose the last commits, and is not damaged by it. */
  readonly synchronous: "NORMAL" | "FULL";
  /** The lock files that may lie beside it. */
  readonly rights: readonly Right[];
  /** Another file that its migrations copy rows from: its path, and the name that it has in their SQL. */
  readonly copiesFrom: { readonly path: string; readonly as: string } | null;
}

/** The folder with the migrations of the file called `name`. */
export function migrationsOf(name: string): string {
  return projectFile("migrations", name);
}
