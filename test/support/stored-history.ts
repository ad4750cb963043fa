import { Database } from "bun:sqlite";
import { historyFile } from "../../src/db/history/file.ts";
import { LedgerReader, type LedgerRecord } from "../../src/db/history/ledger-reader.ts";
import {
  SettlementRepository,
  type StoredSettlement,
} from "../../src/db/history/settlement-repository.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";

/** A stored series with all of its payments, oldest first. */
export interface StoredSeries extends LedgerRecord {
  readonly settlements: readonly StoredSettlement[];
}

/** What the history file next to a market has, in the order in which its series were added. */
export function storedSeries(
  databasePath: string,
  exchange: ExchangeId | null = null,
): readonly StoredSeries[] {
  using db = new Database(historyFile(databasePath).path, { readonly: true });
  const settlements = new SettlementRepository(db);
  return [...new LedgerReader(db).all(exchange)].map((record) => ({
    ...record,
    settlements: settlements.range(record.series.id, 0, Number.POSITIVE_INFINITY),
  }));
}

/** Every payment of every series as "uid slot rate origin", slots as "HH:MM". */
export function settledLines(databasePath: string): string[] {
  return storedSeries(databasePath).flatMap(({ series, settlements }) =>
    settlements.map(({ slotMs, rate, origin }) => {
      const time = new Date(slotMs).toISOString().slice("2026-01-01T".length, -":00.000Z".length);
      return `${series.uid} ${time} ${rate} ${origin}`;
    }),
  );
}
