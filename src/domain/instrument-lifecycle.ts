import type { ExchangeId } from "./exchange.ts";
import type { Quote } from "./quote.ts";

/** Consecutive accepted batches without an instrument after which it is delisted and leaves every list. */
export const DELISTED_AFTER_BATCHES = 3;

/** A ticker that returns after this many accepted batches and this much time without it is a new instrument. */
export const GONE_AFTER_BATCHES = 20;
export const GONE_AFTER_MS = 24 * 3_600_000;

/** A price per unit that changes by this factor … */
export const BREAK_FACTOR = 5;
/** … and stays there for this many accepted batches belongs to another asset with the same ticker. */
export const BREAK_BATCHES = 5;

/** The recent history of the price per unit of base. Replaced as a whole by each batch. */
export interface PriceMemory {
  readonly last: number | null;
  /** The price before a suspected break, null if there is none. */
  readonly breakPrice: number | null;
  readonly breakBatches: number;
  readonly isBroken: boolean;
}

/** What the collector remembers about one instrument between batches. */
export interface KnownInstrument {
  readonly id: number;
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
  price: PriceMemory;
}

/** Whether a quote with a known symbol belongs to a new listing: the ticker was reused. */
export function isRelisting(known: KnownInstrument, quote: Quote): boolean {
  if (known.status === "gone") return true;
  return (
    known.listedAt !== null && quote.listedAtMs !== null && known.listedAt !== quote.listedAtMs
  );
}

/** Dollars per unit of base by the ticker's multiplier; null if the exchange publishes no price. */
export function unitPriceOf(quote: Quote): number | null {
  const price = quote.indexPrice ?? quote.markPrice ?? quote.lastPrice ?? null;
  return price === null ? null : price / quote.multiplier;
}

/**
 * The price memory after another accepted batch. It counts batches, so that the market's move during an outage of ours
 * is a single move. A batch without a price changes nothing.
 */
export function afterPrice(memory: PriceMemory, price: number | null): PriceMemory {
  if (price === null) return memory;
  const before = memory.breakPrice ?? memory.last;
  const ratio = before === null ? 1 : price / before;
  if (!isBreak(ratio)) return { last: price, breakPrice: null, breakBatches: 0, isBroken: false };
  // It has to stay at the new level: another break starts a new count.
  const stays = memory.last === null || !isBreak(price / memory.last);
  const breakBatches = memory.breakBatches > 0 && !stays ? 1 : memory.breakBatches + 1;
  return { last: price, breakPrice: before, breakBatches, isBroken: breakBatches >= BREAK_BATCHES };
}

function isBreak(ratio: number): boolean {
  return ratio > BREAK_FACTOR || ratio < 1 / BREAK_FACTOR;
}

/**
 * The state of an instrument after another accepted batch without it: listed, delisted, finally gone. Counts batches,
 * so that an outage of ours is not an absence. Null: no further change.
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

/** Whether the instrument's description (not its market data) differs from the stored one. */
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

/** `exchange:symbol:first seen` in unix seconds: public, and never reused for another listing. */
export function newUid(exchange: ExchangeId, exchangeSymbol: string, firstSeenMs: number): string {
  return `${exchange}:${exchangeSymbol}:${Math.floor(firstSeenMs / 1000)}`;
}
