import type { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { historyFile } from "../../src/db/history/file.ts";
import type { SeriesDescription } from "../../src/db/history/series-repository.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { openDb } from "../../src/db/open.ts";
import { NOON_MS } from "./quote.ts";

/** A migrated history file in a folder of its own; removed at the end. */
export class HistoryInFolder implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "history-"));
  readonly file = historyFile(join(this.folder, "test.db"));
  readonly db: Database;

  constructor() {
    this.db = openDb(this.file);
    migrateDb(this.db, this.file);
  }

  [Symbol.dispose](): void {
    this.db.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** A listed instrument of okx, with some fields changed. */
export function seriesOf(
  base: string,
  changes: Partial<SeriesDescription> = {},
): SeriesDescription {
  return {
    uid: `okx-${base}`,
    exchange: "okx",
    exchangeSymbol: `${base}-USDT-SWAP`,
    base,
    quote: "USDT",
    settle: "USDT",
    multiplier: 1,
    assetClass: "crypto",
    accrual: "periodic",
    listedAt: null,
    firstSeen: NOON_MS,
    endedAt: null,
    ...changes,
  };
}
