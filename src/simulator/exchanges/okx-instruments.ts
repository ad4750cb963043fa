import type { Listing } from "../listing.ts";
import { tickText, trimmed } from "../wire-text.ts";
import type { WireRow } from "../wire.ts";

/** The keys of an instrument row that are empty for a swap. */
const EMPTY_KEYS = (
  "alias auctionEndTime baseCcy contTdSwTime expTime maxMktAmt maxPlatOILmt openType optType posLmtAmt posLmtPct " +
  "preMktSwTime quoteCcy stk"
).split(" ");
const FILLED_KEYS = (
  "category ctMult ctType ctVal ctValCcy instFamily lever listTime lotSz maxIcebergSz maxLmtAmt maxLmtSz maxMktSz " +
  "maxStopSz maxTriggerSz maxTwapSz minSz ruleType settleCcy tickSz uly instCategory"
).split(" ");

/** A row of /public/instruments; one that is not open yet has instId, instType and state only. */
export function swapRow(listing: Listing): WireRow {
  const row: WireRow = {};
  for (const key of EMPTY_KEYS) row[key] = "";
  if (listing.state === "pending") {
    for (const key of FILLED_KEYS) row[key] = "";
    return {
      ...row,
      futureSettlement: false,
      instId: listing.symbol,
      instType: "SWAP",
      state: "preopen",
    };
  }
  const inverse = listing.product === "inverse";
  const family = `${listing.wireBase}-${listing.quote}`;
  return {
    ...row,
    category: "1",
    ctMult: "1",
    ctType: inverse ? "inverse" : "linear",
    ctVal: trimmed(listing.contractSize, 8),
    ctValCcy: inverse ? "USD" : listing.wireBase,
    futureSettlement: false,
    instCategory: categoryOf(listing),
    instFamily: family,
    instId: listing.symbol,
    instIdCode: listing.key % 100_000,
    instType: "SWAP",
    lever: "50",
    listTime: String(listing.listedAtMs),
    lotSz: "0.01",
    maxIcebergSz: "100000000.0000000000000000",
    maxLmtAmt: "20000000",
    maxLmtSz: "100000000",
    maxMktSz: "12000",
    maxStopSz: "12000",
    maxTriggerSz: "100000000.0000000000000000",
    maxTwapSz: "100000000.0000000000000000",
    minSz: "0.01",
    ruleType: listing.state === "pre_market" ? "pre_market" : "normal",
    settleCcy: listing.settle,
    state: listing.state === "halted" ? "suspend" : "live",
    tickSz: tickText(listing.priceDecimals),
    tradeQuoteCcyList: [],
    uly: family,
  };
}

function categoryOf(listing: Listing): string {
  for (const category of ["3", "4", "5"]) if (listing.marks.has(category)) return category;
  return "1";
}
