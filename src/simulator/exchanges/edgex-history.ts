import { countOf, paymentsOf, rangeOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { HOUR_MS, rateAt } from "../market.ts";
import { fixed } from "../wire-text.ts";
import type { MarketView, WireRow } from "../wire.ts";
import type { Asked } from "./calls.ts";

const MINUTE_MS = 60_000;

/** A rate is fixed at the start of a period and charged at its end. */
export function chargedRate(listing: Listing, slotMs: number, intervalHours: number): number {
  return rateAt({ ...listing, intervalHours }, slotMs - intervalHours * HOUR_MS);
}

/** The number of rows of a page. */
const sizeOf = (view: MarketView, { query }: Asked): number =>
  countOf(view, query.get("size"), { usual: 100, max: 100 });

/**
 * The newest periods of one contract that begin in a range, the running one included: its payment is still to come. A
 * row without the filter for settlements is one of the minutes.
 */
export function pastRows(listing: Listing, view: MarketView, asked: Asked): readonly WireRow[] {
  const { query } = asked;
  const { fromMs, toMs } = rangeOf(query, "filterBeginTimeInclusive", "filterEndTimeExclusive");
  const endMs = Math.min(toMs, Number(query.get("offsetData") || Number.POSITIVE_INFINITY));
  const isSettlement = query.get("filterSettlementFundingRate") === "true";
  const aheadMs = listing.intervalHours * HOUR_MS;
  const all = paymentsOf(
    listing,
    { ...view, nowMs: view.nowMs + aheadMs },
    { fromMs: 0, toMs: view.nowMs + aheadMs },
  );
  return all
    .map(({ slotMs, intervalHours, index, mark }) => ({
      startMs: slotMs - intervalHours * HOUR_MS,
      intervalHours,
      index,
      mark,
      rate: chargedRate(listing, slotMs, intervalHours),
    }))
    .filter(({ startMs }) => startMs >= fromMs && startMs < endMs)
    .slice(-sizeOf(view, asked))
    .toReversed()
    .map(({ startMs, intervalHours, index, mark, rate }) => ({
      contractId: query.get("contractId"),
      fundingTime: String(startMs),
      fundingTimestamp: String(startMs),
      oraclePrice: fixed(mark, listing.priceDecimals),
      indexPrice: fixed(index, listing.priceDecimals),
      fundingRate: fixed(rate, 8),
      isSettlement,
      forecastFundingRate: "",
      previousFundingRate: fixed(chargedRate(listing, startMs, intervalHours), 8),
      previousFundingTimestamp: String(startMs - MINUTE_MS),
      fundingRateIntervalMin: String(intervalHours * 60),
    }));
}

/** A full page names where the next one begins; an empty text is the end. */
export function pastPage(dataList: readonly WireRow[], view: MarketView, asked: Asked): WireRow {
  const isFull = dataList.length === sizeOf(view, asked);
  return { dataList, nextPageOffsetData: isFull ? String(dataList.at(-1)?.["fundingTime"]) : "" };
}
