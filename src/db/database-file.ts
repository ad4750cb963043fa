import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { projectFile } from "../lib/project-files.ts";

/** An exclusive right on a database file, held through a lock file next to it. */
export type Right = "collector" | "migrate";

/** One of the service's database files: what opening, migrating and checking need to know about it. */
export interface DatabaseFile {
  /** Its name in the log and of the folder with its migrations. */
  readonly name: string;
  /** `:memory:` for a database without a file. */
  readonly path: string;
  readonly migrationsFolder: string;
  /** The tables of a migrated file. */
  readonly tables: readonly SQLiteTable[];
  /** FULL: commits survive a power cut. NORMAL: the last commits may be lost, but the file is not damaged. */
  readonly synchronous: "NORMAL" | "FULL";
  /** The lock files that may exist next to it. */
  readonly rights: readonly Right[];
  /** Another file that its migrations copy rows from: its path and its schema name in their SQL. */
  readonly copiesFrom: { readonly path: string; readonly as: string } | null;
  /** Whether pages that it no longer needs can be given back a few at a time. Holds for files created with it. */
  readonly givesSpaceBack: boolean;
}

/** The folder with the migrations of the file called `name`. */
export function migrationsOf(name: string): string {
  return projectFile("migrations", name);
}
