import type { ExchangeName, Listing } from "./listing.ts";

export type TruthAssetClass =
  "crypto" | "stock" | "etf" | "index" | "metal" | "commodity" | "forex";

/** One instrument as a correct reader shows it, computed from the values as printed on the wire. */
export interface TrueInstrument {
  readonly exchange: ExchangeName;
  readonly exchange_symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  readonly multiplier: number;
  /** Only if the exchange states one; what it states for gold is not always true. */
  readonly asset_class: TruthAssetClass | null;
  readonly accrual: "periodic" | "continuous";
  readonly funding_rate: number;
  /** Null if the exchange prints none for this row. */
  readonly funding_interval_hours: number | null;
  /** Unix seconds; null for continuous funding. */
  readonly next_funding_time: number | null;
  readonly predicted_rate: number | null;
  /** The momentary rate of continuous funding. */
  readonly instant_rate: number | null;
  readonly settled_rate: number | null;
  /** Unix seconds. */
  readonly settled_at: number | null;
  readonly mark_price: number | null;
  readonly index_price: number | null;
  /** The last trade, if the exchange has neither of them. */
  readonly last_price: number | null;
  readonly volume_24h_usd: number | null;
  readonly open_interest_usd: number | null;
  /** True in the minute after a settlement in which the exchange still prints the charged rate. */
  readonly settling: boolean;
}

/** A symbol on the wire that must not be shown. */
export interface SkippedSymbol {
  readonly exchange_symbol: string;
  readonly reason: string;
}

export interface ExchangeTruth {
  readonly instruments: readonly TrueInstrument[];
  readonly skipped: readonly SkippedSymbol[];
}

/** Splits listings into those that must be shown and those that must not. */
export function collectTruth(
  listings: readonly Listing[],
  onWire: (listing: Listing) => boolean,
  show: (listing: Listing) => TrueInstrument,
): ExchangeTruth {
  const instruments: TrueInstrument[] = [];
  const skipped: SkippedSymbol[] = [];
  for (const listing of listings) {
    const reason = skipReason(listing);
    if (reason === null) instruments.push(withTrueClass(show(listing)));
    else if (onWire(listing)) skipped.push({ exchange_symbol: listing.symbol, reason });
  }
  return { instruments, skipped };
}

/** Their true classes, whatever an exchange states: ounces are not other commodities, gold tokens are coins. */
const TRUE_CLASS: Readonly<Record<string, TruthAssetClass>> = {
  XAU: "metal",
  XAG: "metal",
  PAXG: "crypto",
  XAUT: "crypto",
};

function withTrueClass(instrument: TrueInstrument): TrueInstrument {
  const { base, asset_class: stated } = instrument;
  return stated === null ? instrument : { ...instrument, asset_class: TRUE_CLASS[base] ?? stated };
}

/** Why a listing must not be shown; null if it must. */
function skipReason(listing: Listing): string | null {
  if (listing.product !== "perp") return listing.product;
  if (listing.state !== "live") return listing.state;
  return listing.quote === "BTC" ? "not quoted in dollars" : null;
}

/** What an exchange prints of an instrument, without its names. */
export type Shown = Partial<TrueInstrument> &
  Pick<TrueInstrument, "funding_rate" | "funding_interval_hours" | "next_funding_time">;

/** Fields that an exchange may not publish: `show` only sets what its exchange prints. */
const NOT_PUBLISHED = {
  asset_class: null,
  accrual: "periodic",
  predicted_rate: null,
  instant_rate: null,
  settled_rate: null,
  settled_at: null,
  mark_price: null,
  index_price: null,
  last_price: null,
  volume_24h_usd: null,
  open_interest_usd: null,
  settling: false,
} as const satisfies Partial<TrueInstrument>;

/** The names of an instrument, and the defaults until its exchange prints more. */
export function namesOf(
  listing: Listing,
): Omit<TrueInstrument, "funding_rate" | "funding_interval_hours" | "next_funding_time"> {
  return {
    ...NOT_PUBLISHED,
    exchange: listing.exchange,
    exchange_symbol: listing.symbol,
    base: listing.base.toUpperCase(),
    quote: listing.quote,
    settle: listing.settle,
    multiplier: listing.multiplier,
  };
}
