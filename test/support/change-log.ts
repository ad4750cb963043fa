import type { Database } from "bun:sqlite";
import { IntervalChangeRepository } from "../../src/db/market/interval-change-repository.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Snapshot } from "../../src/domain/market.ts";
import { intervalChanges } from "../../src/services/finder/interval-changes.ts";
import { testApp, type TestApp } from "./app.ts";
import { rowOf, snapshotOf, TestBoard } from "./board.ts";
import { acceptedBatch, startCollecting, type TestDatabase } from "./database.ts";
import { NOON_MS, quoteOf } from "./quote.ts";

/** A log of interval changes whose events are written by hand, and how a client reads it. */

const PATH = "/api/intervals/changes";

export const EXCHANGES = ["okx", "gate"] as const satisfies readonly ExchangeId[];
export const BASES = ["BTC", "ETH"] as const;

/** One change as a test writes it. `toHours` is unique. */
export interface Event {
  readonly exchange: (typeof EXCHANGES)[number];
  readonly base: (typeof BASES)[number];
  /** Before noon; several may have the same. */
  readonly minutesAgo: number;
}

export interface ChangePage {
  readonly fetched_at: number;
  readonly snapshot: string;
  readonly count: number;
  readonly total: number;
  readonly rows: readonly { readonly to_hours: number; readonly asset_id: string | null }[];
  readonly next_cursor: string | null;
}

/** Lists both instruments of both exchanges, and no change. */
export function listInstruments(database: TestDatabase): void {
  const epoch = startCollecting(database, EXCHANGES, NOON_MS);
  const quotes = BASES.map((base) => quoteOf(base));
  for (const exchange of EXCHANGES)
    database.writer.commit(acceptedBatch(exchange, epoch, NOON_MS, quotes));
}

/** Stores an event, as the next one of the log whatever its time. Returns its `toHours`. */
export function store({ db }: TestDatabase, { exchange, base, minutesAgo }: Event): number {
  const stored = db
    .query<{ id: number }, [string, string, number]>(
      `INSERT INTO interval_changes (instrument_id, from_hours, to_hours, changed_at)
       SELECT id, 8, 1000 + (SELECT count(*) FROM interval_changes), ?3 FROM instruments
       WHERE exchange = ?1 AND base = ?2 RETURNING to_hours AS id`,
    )
    .get(exchange, base, NOON_MS - minutesAgo * 60_000);
  if (stored === null) throw new Error(`no ${base} on ${exchange}`);
  return stored.id;
}

/** The market of those instruments at `atMs`: what was stored until then is shown. */
export function marketAt(id: string, atMs: number, assetId = "BTC"): Snapshot {
  const rows = EXCHANGES.flatMap((exchange) =>
    BASES.map((base) =>
      rowOf(exchange, base, {
        uid: `${exchange}:${base}USDT:${NOON_MS / 1000}`,
        assetId: base === "BTC" ? assetId : base,
      }),
    ),
  );
  return snapshotOf(id, rows, atMs);
}

/** A process that reads the log on a separate connection. */
export function readerOf(db: Database, snapshot = marketAt("1-1", NOON_MS)): TestApp {
  const changes = intervalChanges(new IntervalChangeRepository(db));
  return testApp(new TestBoard(snapshot), { intervalChanges: changes });
}

/** One page of the list. Throws for any status but 200. */
export async function pageOf(app: TestApp, query: string): Promise<ChangePage> {
  const response = await app.get(`${PATH}?${query}`);
  if (response.status !== 200) throw new Error(`${query}: ${await response.text()}`);
  return (await response.json()) as ChangePage;
}

export const hoursOf = ({ rows }: ChangePage): number[] => rows.map((row) => row.to_hours);

export const changesPath = (query: string): string => `${PATH}?${query}`;
