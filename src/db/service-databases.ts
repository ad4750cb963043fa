import type { DatabaseSize, ServiceDatabase } from "./service-database.ts";

/** All database files of the service together. */
export class ServiceDatabases {
  readonly #files: readonly ServiceDatabase[];

  constructor(files: readonly ServiceDatabase[]) {
    this.#files = files;
  }

  /** Whether one of them can no longer be relied on. */
  get isLost(): boolean {
    return this.#files.some((file) => file.isLost);
  }

  /** False once a newer version of this program has migrated one of them. */
  isSchemaCurrent(): boolean {
    return this.#files.every((file) => file.isSchemaCurrent());
  }

  /** The current size of each on disk. Never rejects. */
  sizes(): Promise<readonly DatabaseSize[]> {
    return Promise.all(this.#files.map((file) => file.size()));
  }

  /** From now on, failing writes are abandoned after a short time. */
  stopWaiting(): void {
    for (const file of this.#files) file.stopWaiting();
  }

  /** Closes all of them; a failure of one is logged and does not affect the others. */
  close(): void {
    for (const file of this.#files) file.close();
  }
}
