import type { ServiceDatabase } from "./service-database.ts";

/** What holds for all database files of the service together. */
export class ServiceDatabases {
  readonly #files: readonly ServiceDatabase[];

  constructor(files: readonly ServiceDatabase[]) {
    this.#files = files;
  }

  /** Whether one of them may not be relied on any more. */
  get isLost(): boolean {
    return this.#files.some((file) => file.isLost);
  }

  /** Whether no newer version of this program has migrated one of them. */
  isSchemaCurrent(): boolean {
    return this.#files.every((file) => file.isSchemaCurrent());
  }

  /** From here on, writes that do not go through are given up after a moment. */
  stopWaiting(): void {
    for (const file of this.#files) file.stopWaiting();
  }

  /** Closes all of them; a failure of one is logged and keeps none open. */
  close(): void {
    for (const file of this.#files) file.close();
  }
}
