import { newestOf, type Payment, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS } from "../market.ts";
import { rounded } from "../wire-text.ts";
import type { MarketView, WireError, WireRow } from "../wire.ts";
import type { Asked, Call } from "./calls.ts";

/** Candles in one reply, at most. */
const PAST_ROWS = 2_000;
const SYMBOL_PREFIX = "FUNDING:";
const PARAMS = ["symbol", "resolution", "start", "end"];

/** Hourly candles of the charged rate in percent, newest first: flat until the next settlement. */
export function pastCandles(
  has: (listing: Listing, asked: Asked) => boolean,
  refused: (param: string) => WireError,
): Call {
  return {
    kind: "history",
    has,
    refuse: ({ query }) => {
      const missing = PARAMS.find((param) => !query.get(param));
      if (missing !== undefined) return refused(missing);
      return query.get("resolution") === "1h" ? null : refused("resolution");
    },
    one: {
      name: "symbol",
      matches: (listing, symbol) => SYMBOL_PREFIX + listing.symbol === symbol,
    },
    past: (listing, view, { query }) => {
      const fromMs = Number(query.get("start")) * 1000;
      const toMs = Number(query.get("end")) * 1000;
      const candles = paymentsOf(listing, view, WHOLE_PAST, 0).flatMap((payment) =>
        hoursOf(payment, view)
          .filter((atMs) => atMs >= fromMs && atMs <= toMs)
          .map((atMs) => candle(atMs, payment.rate)),
      );
      return newestOf(candles, Math.min(PAST_ROWS, view.maxPastRows));
    },
  };
}

/** The hours that a payment's rate is shown for: until the next one, which may be missing. */
function hoursOf({ slotMs, intervalHours }: Payment, { nowMs }: MarketView): number[] {
  const hours = Array.from({ length: intervalHours }, (_none, hour) => slotMs + hour * HOUR_MS);
  return hours.filter((atMs) => atMs <= nowMs);
}

function candle(atMs: number, rate: number): WireRow {
  const value = rounded(rate * 100, 8);
  const prices = { open: value, high: value, low: value, close: value };
  return { time: atMs / 1000, ...prices, volume: null };
}
