import { accruedUntil } from "../accruals.ts";
import { countOf, pastFromMs, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, rateAt } from "../market.ts";
import { fixed, trimmed } from "../wire-text.ts";
import type { MarketView, WireError, WireRow } from "../wire.ts";
import type { Asked, Call } from "./calls.ts";

/** How far samples of the running rate are apart. */
const SAMPLE_MS = 5_000;
/** No sample lies within this of a hole. */
const HOLE_MS = 60_000;
/** What the index was when the past of the market began. */
const INDEX_BEFORE = 20_000;
const INDEX_DECIMALS = 14;
const PAGE = { usual: 100, max: 5_000 };

interface PastParts {
  readonly has: (listing: Listing) => boolean;
  readonly periodOf: (listing: Listing) => WireRow;
  readonly refused: (message: string) => WireError;
}

/** Samples of the running rate and of the funding index, newest first: never payments. */
export function pastSamples({ has, periodOf, refused }: PastParts): Call {
  return {
    kind: "history",
    has,
    one: { name: "market", missing: refused("market: cannot be blank") },
    refuse: ({ query }) =>
      Number(query.get("page_size") ?? 0) > PAGE.max
        ? refused(`page_size: must be no greater than ${PAGE.max}`)
        : null,
    past: (listing, view, asked) =>
      sampleTimes(listing, view, asked).map((atMs) => ({
        market: listing.symbol,
        funding_index: fixed(INDEX_BEFORE + accruedUntil(listing, view, atMs), INDEX_DECIMALS),
        funding_premium: fixed(rateAt(listing, atMs) * 1_000, INDEX_DECIMALS),
        funding_rate: trimmed(rateAt(listing, atMs), INDEX_DECIMALS),
        funding_rate_8h: "",
        ...periodOf(listing),
        created_at: atMs,
      })),
    wrap: (results) => ({ next: null, prev: null, results }),
  };
}

/** Times of samples within the requested range, both ends included, newest first. */
function sampleTimes(listing: Listing, view: MarketView, { query }: Asked): number[] {
  const { fromMs, toMs } = rangeOf(query, "start_at", "end_at");
  const count = countOf(view, query.get("page_size"), PAGE);
  const endMs = Math.min(toMs, view.nowMs);
  const startMs = Math.max(fromMs, pastFromMs(listing, view));
  const lastMs = Math.floor(endMs / SAMPLE_MS) * SAMPLE_MS;
  const times: number[] = [];
  for (let atMs = lastMs; atMs >= startMs && times.length < count; atMs -= SAMPLE_MS)
    if (!isInHole(listing, atMs)) times.push(atMs);
  return times;
}

function isInHole({ holes }: Listing, atMs: number): boolean {
  const hourMs = Math.round(atMs / HOUR_MS) * HOUR_MS;
  return holes.has(hourMs) && Math.abs(atMs - hourMs) <= HOLE_MS;
}
