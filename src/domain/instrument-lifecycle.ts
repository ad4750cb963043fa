import type { ExchangeId } from "./exchange.ts";
import type { Quote } from "./quote.ts";

/** Accepted batches in a row without an instrument after which it is delisted and leaves every list. */
const DELISTED_AFTER_BATCHES = 3;

/** A ticker that comes back after this many accepted batches and this long without it is a new instrument. */
const GONE_AFTER_BATCHES = 20;
const GONE_AFTER_MS = 24 * 3_600_000;

/** A price per unit that is this many times another one … */
const BREAK_FACTOR = 5;
/** … and stays there for this many accepted batches is of another asset under the same ticker. */
const BREAK_BATCHES = 5;

/** The price of one unit of base over batches. Replaced as a whole by each batch. */
export interface PriceMemory {
  readonly last: number | null;
  /** The price before a break that is being watched, null while none is. */
  readonly breakPrice: number | null;
  readonly breakBatches: number;
  readonly isBroken: boolean;
}

/** What the collector remembers of one instrument between batches. */
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

/** Whether a quote under a known symbol is another listing: its ticker was reused. */
export function isRelisting(known: KnownInstrument, quote: Quote): boolean {
  if (known.status === "gone") return true;
  return (
    known.listedAt !== null && quote.listedAtMs !== null && known.listedAt !== quote.listedAtMs
  );
}

/** Dollars per one unit of base by the ticker's multiplier; null where the exchange gives no price. */
export function unitPriceOf(quote: Quote): number | null {
  const price = quote.indexPrice ?? quote.markPrice ?? quote.lastPrice ?? null;
  return price === null ? null : price / quote.multiplier;
}

/**
 * The memory of prices after one more accepted batch. Counted from batch to batch, so that what the market did
 * during an outage of ours is one move like any other. A batch without a price changes nothing.
 */
export function afterPrice(memory: PriceMemory, price: number | null): PriceMemory {
  if (price === null) return memory;
  const before = memory.breakPrice ?? memory.last;
  const ratio = before === null ? 1 : price / before;
  if (!isBreak(ratio)) return { last: price, breakPrice: null, breakBatches: 0, isBroken: false };
  // It has to stay where it has gone: each further break is the first of its own.
  const stays = memory.last === null || !isBreak(price / memory.last);
  const breakBatches = memory.breakBatches > 0 && !stays ? 1 : memory.breakBatches + 1;
  return { last: price, breakPrice: before, breakBatches, isBroken: breakBatches >= BREAK_BATCHES };
}

function isBreak(ratio: number): boolean {
  return ratio > BREAK_FACTOR || ratio < 1 / BREAK_FACTOR;
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
