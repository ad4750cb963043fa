import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Quote } from "../domain/quote.ts";

/** Accepted batches in a row without an instrument after which it is delisted and leaves every list. */
const DELISTED_AFTER_BATCHES = 3;

/** A ticker that comes back after this many accepted batches and this long without it is a new instrument. */
const GONE_AFTER_BATCHES = 20;
const GONE_AFTER_MS = 24 * 3_600_000;

/** What the collector remembers of one instrument between batches. */
export interface KnownInstrument {
  readonly id: number;
  readonly uid: string;
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  readonly multiplier: number;
  readonly assetClass: string | null;
  readonly accrual: string;
  readonly listedAt: number | null;
  readonly lastSeen: number;
  readonly status: string;
  readonly missedBatches: number;
  readonly lastIntervalHours: number | null;
}

export type ExchangeInstruments = Map<string, KnownInstrument>;

const COLUMNS = `id, uid, exchange_symbol AS exchangeSymbol, base, quote, settle, multiplier,
  asset_class AS assetClass, accrual, listed_at AS listedAt, last_seen AS lastSeen, status,
  missed_batches AS missedBatches, last_interval_hours AS lastIntervalHours`;

/** The instruments of one exchange that its symbols stand for today, by symbol. */
export function loadInstruments(db: Database, exchange: ExchangeId): ExchangeInstruments {
  const rows = db
    .query<KnownInstrument & { exchangeSymbol: string }, [string]>(
      `SELECT ${COLUMNS} FROM instruments WHERE exchange = ? AND status <> 'replaced'`,
    )
    .all(exchange);
  return new Map(rows.map(({ exchangeSymbol, ...known }) => [exchangeSymbol, known]));
}

/** Whether a quote under a known symbol is another listing: its ticker was reused. */
export function isRelisting(known: KnownInstrument, quote: Quote): boolean {
  if (known.status === "gone") return true;
  return (
    known.listedAt !== null && quote.listedAtMs !== null && known.listedAt !== quote.listedAtMs
  );
}

/**
 * What an instrument is after one more accepted batch without it: listed, delisted, and in the end gone.
 * Counted from batch to batch, so that an outage of ours is no absence. Null: nothing changes any more.
 */
export function afterMiss(
  known: KnownInstrument,
  nowMs: number,
): Pick<KnownInstrument, "missedBatches" | "status"> | null {
  if (known.status === "gone") return null;
  const missedBatches = Math.min(known.missedBatches + 1, GONE_AFTER_BATCHES);
  const isGone = missedBatches >= GONE_AFTER_BATCHES && nowMs - known.lastSeen >= GONE_AFTER_MS;
  if (isGone) return { missedBatches, status: "gone" };
  if (missedBatches === known.missedBatches) return null;
  const status = missedBatches >= DELISTED_AFTER_BATCHES ? "delisted" : known.status;
  return { missedBatches, status };
}

/** Whether what describes the instrument (not its market) differs from what is stored. */
export function isRedescribed(known: KnownInstrument, quote: Quote): boolean {
  return (
    known.status !== "listed" ||
    known.missedBatches !== 0 ||
    known.base !== quote.base ||
    known.quote !== quote.quote ||
    known.settle !== quote.settle ||
    known.multiplier !== quote.multiplier ||
    known.assetClass !== quote.assetClass ||
    known.accrual !== quote.accrual ||
    (known.listedAt === null && quote.listedAtMs !== null)
  );
}

/** `exchange:symbol:first seen` in unix seconds: public, and never given to another listing. */
export function newUid(exchange: ExchangeId, exchangeSymbol: string, firstSeenMs: number): string {
  return `${exchange}:${exchangeSymbol}:${Math.floor(firstSeenMs / 1000)}`;
}
