import type { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import type { Clock } from "../lib/clock.ts";
import { errorText, type Log } from "../lib/log.ts";
import type { DatabaseFile } from "./database-file.ts";
import { asUnusable, databaseFailure } from "./failure.ts";
import { fileIdentity } from "./file-identity.ts";
import { fileSize } from "./file-size.ts";
import { checkpoint, waitAtMost } from "./open.ts";
import { newestSchemaCheck } from "./newest-schema.ts";
import { SIDE_FILES, startDatabase } from "./start-database.ts";
import { WriteQueue } from "./write-queue.ts";

/** A deleted database is noticed within this; writes until then are lost. A check costs microseconds. */
const LOOK_EVERY_MS = 5_000;

/** At shutdown, failing writes are retried for this long. */
const LAST_WRITES_MS = 1_500;

/** Why the process must exit, and its exit status. */
export interface DatabaseEnd {
  readonly reason: string;
  readonly status: 1 | 3;
}

/** Bytes on disk; null for a missing file. */
export interface DatabaseSize {
  readonly name: string;
  readonly dataBytes: number | null;
  /** Of its write-ahead log. */
  readonly walBytes: number | null;
}

export interface ServiceDatabaseDeps {
  readonly file: DatabaseFile;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once, when the database becomes unusable. */
  readonly onEnd: (end: DatabaseEnd) => void;
  /** Default: LOOK_EVERY_MS. */
  readonly lookEveryMs?: number;
}

/**
 * One database file of the main thread: never waits more than briefly for another writer, detects that its files were
 * deleted or replaced, and reports when the process must exit. Throws UnusableDatabase if it cannot be opened.
 */
export class ServiceDatabase {
  readonly db: Database;
  /** The queue for every write of the main thread. */
  readonly writes: WriteQueue;
  /** False once a newer version of this program has migrated it. */
  readonly isSchemaCurrent: () => boolean;
  readonly #deps: ServiceDatabaseDeps;
  readonly #identities = new Map<string, string>();
  readonly #closing = new AbortController();
  readonly #lastWrites = new AbortController();
  #end: DatabaseEnd | null = null;

  constructor(deps: ServiceDatabaseDeps) {
    const { file, clock } = deps;
    const log = deps.log.child({ file: file.name });
    this.#deps = { ...deps, log };
    this.db = startDatabase(file, (reason) => log.warn("database_suspicious", { reason }));
    waitAtMost(this.db, "mainThread");
    this.isSchemaCurrent = newestSchemaCheck(this.db, file);
    this.writes = new WriteQueue({ clock, log, until: this.#lastWrites.signal });
    this.#isReplaced();
    void this.#watch();
  }

  /** The identity of the file, see db/file-identity. */
  get identity(): string | null {
    return this.#identities.get("") ?? null;
  }

  /** Its current size on disk, in bytes. Never rejects. */
  async size(): Promise<DatabaseSize> {
    const { name, path } = this.#deps.file;
    const [dataBytes, walBytes] = await Promise.all([fileSize(path), fileSize(`${path}-wal`)]);
    return { name, dataBytes, walBytes };
  }

  /** Whether served data can no longer be relied on: the process is about to exit. */
  get isLost(): boolean {
    return this.#end !== null;
  }

  /** Handles an exception from any user of the database: a damaged database ends the process. */
  judge(error: unknown): void {
    if (databaseFailure(error)?.running !== "end") return;
    this.refuse(asUnusable(this.#deps.file.path, error)?.message ?? errorText(error));
  }

  /** Ends the process for a reason that a restart would not fix. */
  refuse(reason: string): void {
    this.#endWith({ reason, status: 3 });
  }

  /** From now on, failing writes are abandoned after a short time. */
  stopWaiting(): void {
    this.#closing.abort();
    void this.#deps.clock.sleep(LAST_WRITES_MS).then(() => this.#lastWrites.abort());
  }

  /** Checkpoints the WAL as far as possible and closes the file. Never throws: a full disk must not prevent the exit. */
  close(): void {
    const { file, log } = this.#deps;
    this.#closing.abort();
    this.#lastWrites.abort();
    try {
      const isReplaced = this.#isReplaced();
      if (!isReplaced) checkpoint(this.db);
      this.db.close();
      if (isReplaced) this.#removeSideFiles();
    } catch (error) {
      const reason = asUnusable(file.path, error)?.message ?? errorText(error);
      log.error("database_not_closed", { reason, effect: "the next start finishes it" });
    }
  }

  async #watch(): Promise<void> {
    const { clock, log, file, lookEveryMs = LOOK_EVERY_MS } = this.#deps;
    while (!this.#closing.signal.aborted) {
      await clock.sleep(lookEveryMs, this.#closing.signal);
      try {
        if (this.#closing.signal.aborted || !this.#isReplaced()) continue;
        const reason = `database ${file.path}: it was deleted or replaced while in use; the next start uses what is there`;
        this.#endWith({ reason, status: 1 });
        return;
      } catch (error) {
        log.warn("database_not_looked_at", { reason: errorText(error) });
      }
    }
  }

  /** Whether one of the files is not the one seen first; files that appear later are recorded then. */
  #isReplaced(): boolean {
    let isReplaced = false;
    for (const suffix of ["", ...SIDE_FILES]) {
      const before = this.#identities.get(suffix);
      const now = fileIdentity(this.#deps.file.path + suffix);
      if (before === undefined && now !== null) this.#identities.set(suffix, now);
      if (before !== undefined && before !== now) isReplaced = true;
    }
    return isReplaced;
  }

  /** Our side files, left next to another database, would be read as part of that one. */
  #removeSideFiles(): void {
    for (const suffix of SIDE_FILES) {
      const path = this.#deps.file.path + suffix;
      if (fileIdentity(path) === this.#identities.get(suffix)) rmSync(path, { force: true });
    }
  }

  #endWith(end: DatabaseEnd): void {
    if (this.#end !== null || this.#closing.signal.aborted) return;
    this.#end = end;
    this.#deps.log.error("database_unusable", { reason: end.reason, status: end.status });
    this.#deps.onEnd(end);
  }
}
