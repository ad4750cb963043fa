import { Database } from "bun:sqlite";
import { historyFile } from "../../src/db/history/file.ts";
import { AccrualRepository } from "../../src/db/history/accrual-repository.ts";
import { type Backfill, BackfillRepository } from "../../src/db/history/backfill-repository.ts";
import { type Series, SeriesRepository } from "../../src/db/history/series-repository.ts";
import {
  SettlementRepository,
  type StoredSettlement,
} from "../../src/db/history/settlement-repository.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";

/** A stored series with all of its payments or accrued hours, oldest first, and how far its past was read. */
export interface StoredSeries {
  readonly series: Series;
  readonly settlements: readonly StoredSettlement[];
  /** Of either kind. An accrued hour has no origin. */
  readonly slots: readonly {
    readonly slotMs: number;
    readonly intervalHours: number | null;
    readonly origin: StoredSettlement["origin"] | null;
  }[];
  /** Null if nothing was tried. */
  readonly backfill: Backfill | null;
}

/** What the history file next to a market has, in the order in which its series were added. */
export function storedSeries(
  databasePath: string,
  exchange: ExchangeId | null = null,
): readonly StoredSeries[] {
  using db = new Database(historyFile(databasePath).path, { readonly: true });
  const repositories = {
    settlements: new SettlementRepository(db),
    accruals: new AccrualRepository(db),
  };
  const backfills = new BackfillRepository(db);
  return new SeriesRepository(db)
    .all()
    .filter((series) => exchange === null || series.exchange === exchange)
    .map((series) => {
      const settlements = repositories.settlements.range(series.id, 0, Number.POSITIVE_INFINITY);
      const hours = repositories.accruals
        .range(series.id, 0, Number.POSITIVE_INFINITY)
        .map(({ hourEndMs }) => ({ slotMs: hourEndMs, intervalHours: 1, origin: null }));
      const slots = series.accrual === "continuous" ? hours : settlements;
      return { series, settlements, slots, backfill: backfills.of(series.id) };
    });
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
