import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { accountsFile } from "../../src/db/accounts/file.ts";
import { historyFile } from "../../src/db/history/file.ts";

/**
 * The files of a past while they are written: in a folder next to the database, so that what was interrupted is never
 * served. They are moved when they are complete, the market last: where it is, all is.
 */
export class PastFiles {
  readonly #path: string;
  readonly #folder: string;

  /** `path`: the database of the service. */
  constructor(path: string) {
    this.#path = path;
    this.#folder = `${path}.past`;
  }

  /** The database to be written. */
  get market(): string {
    return join(this.#folder, basename(this.#path));
  }

  /**
   * Finishes or removes what an earlier attempt left. Returns whether a past is to be written: there is no data yet, and
   * its folder can be created (if not, the service explains why).
   */
  begin(): boolean {
    // The history is moved first: a market alone is complete.
    if (existsSync(this.market) && !existsSync(this.#history)) this.#moveMarket();
    this.remove();
    const files = [this.#path, historyFile(this.#path).path, accountsFile(this.#path).path];
    if (files.some((file) => existsSync(file))) return false;
    try {
      mkdirSync(this.#folder, { recursive: true });
      return true;
    } catch {
      return false;
    }
  }

  /** Moves the files to where the service finds them. They must be closed. */
  finish(): void {
    renameSync(this.#history, historyFile(this.#path).path);
    this.#moveMarket();
    this.remove();
  }

  /** Removes what is written so far. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #history(): string {
    return historyFile(this.market).path;
  }

  #moveMarket(): void {
    if (!existsSync(this.#path)) renameSync(this.market, this.#path);
  }
}
