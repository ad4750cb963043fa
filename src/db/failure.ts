/** The reaction to each kind of SQLite failure, defined only in this table. */
interface Reaction {
  /** Result codes, including their extended forms (SQLITE_IOERR_WRITE). */
  readonly codes: readonly string[];
  /** While running: the write is retried until it succeeds, or the process exits. */
  readonly running: "again" | "end";
  /** Exit status at startup: systemd retries 1 and leaves 3 to the operator. */
  readonly exitStatus: 1 | 3;
  /** The problem and its remedy, appended to the path. */
  readonly words: string;
}

const REACTIONS = {
  locked: {
    codes: ["SQLITE_BUSY", "SQLITE_LOCKED"],
    running: "again",
    exitStatus: 1,
    words: "another program holds its lock; stop that program or end its transaction",
  },
  full: {
    codes: ["SQLITE_FULL"],
    running: "again",
    exitStatus: 1,
    words: "the disk is full; free some space",
  },
  io: {
    codes: ["SQLITE_IOERR", "SQLITE_PROTOCOL", "SQLITE_NOMEM"],
    running: "again",
    exitStatus: 1,
    words: "the disk cannot be read or written; see the system log",
  },
  read_only: {
    codes: ["SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH"],
    running: "again",
    exitStatus: 3,
    words: "it cannot be written; give this user write access to the file and its folder",
  },
  unreachable: {
    codes: ["SQLITE_CANTOPEN"],
    running: "again",
    exitStatus: 3,
    words:
      "it cannot be opened; DATABASE_PATH must be a file in a folder that this user can write to",
  },
  damaged: {
    codes: ["SQLITE_CORRUPT", "SQLITE_NOTADB"],
    running: "end",
    exitStatus: 3,
    words:
      "it is damaged or not an SQLite database; restore a backup, or move it and the files next to it away to start empty",
  },
} as const satisfies Record<string, Reaction>;

type FailureName = keyof typeof REACTIONS;

/** A failure of the database itself, of a kind in the table above. */
export interface DatabaseFailure extends Reaction {
  readonly name: FailureName;
  readonly code: string;
}

/** Depth to which an exception's causes are searched: wrappers add one or two. */
const MAX_CAUSES = 5;

/** The database failure behind an exception; null for any other, including a violated constraint. */
export function databaseFailure(error: unknown): DatabaseFailure | null {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
    for (const [name, reaction] of Object.entries(REACTIONS) as [FailureName, Reaction][]) {
      if (reaction.codes.some((known) => code === known || code.startsWith(`${known}_`)))
        return { ...reaction, name, code };
    }
    cause = cause.cause;
  }
  return null;
}

/** A database that cannot be used: one line with the path and the remedy, and the exit status. */
export class UnusableDatabase extends Error {
  readonly exitStatus: 1 | 3;

  constructor(path: string, words: string, exitStatus: 1 | 3 = 3, cause?: unknown) {
    super(`database ${path}: ${words}`, { cause });
    this.name = "UnusableDatabase";
    this.exitStatus = exitStatus;
  }
}

/** The same for a lock file next to the database, which is empty and may be deleted. */
export function unusableLock(path: string, cause?: unknown): UnusableDatabase {
  const words =
    "the lock file must be an empty file that this user can write to; delete it while no service runs";
  return new UnusableDatabase(path, words, 3, cause);
}

/** The exception for the operator if it is a failure of the database at `path`; null for any other. */
export function asUnusable(path: string, error: unknown): UnusableDatabase | null {
  if (error instanceof UnusableDatabase) return error;
  const failure = databaseFailure(error);
  if (failure === null) return null;
  return new UnusableDatabase(
    path,
    `${failure.words} (${failure.code})`,
    failure.exitStatus,
    error,
  );
}
