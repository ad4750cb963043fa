import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import type { SettledRate } from "../domain/settlement.ts";
import type { ExchangeHttp } from "./exchange.ts";
import type { ExchangeHistory, HistoryRequest } from "./history.ts";
import { decimalTextOf, historyRows, markPriceOf, settledRate } from "./wire-history.ts";
import { badEnvelope, epochMsOf, nonEmpty, numeric, quantityOf } from "./wire.ts";
import { dataOf } from "./woox-wire.ts";

const PATH = "/v3/public/fundingRateHistory";
const MAX_ROWS = 25;
/** Payments 4 hours apart fill one page. */
const HOURS_AT_ONCE = 96;
/** Payments are an hour apart at least: a range has no more pages than hours, however small a page is. */
const MAX_PAGES = HOURS_AT_ONCE + 1;

const meta = z.object({ total: numeric }).nullish().catch(null);
const row = z.object({
  symbol: nonEmpty,
  fundingRate: numeric,
  fundingRateTimestamp: numeric,
  markPrice: numeric,
});

/**
 * Payments of WOO X, in pages of 25. All pages of a range are read at once, so their order does not matter.
 * `nextFundingTime` would tell the interval that follows a payment, not the one that it was charged for.
 *
 * Sample row, with made-up numbers:
 * { symbol: "PERP_BTC_USDT", fundingRate: "-0.00004953", fundingRateTimestamp: 1793606400000,
 *   nextFundingTime: 1793635200000, markPrice: "83546.1" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "unknown",
  bounds: { from: "inclusive", to: "inclusive" },
  maxRangeMs: HOURS_AT_ONCE * HOUR_MS,
  depth: { words: "all, as observed: 13,027 payments of BTC", days: null, rows: null },
  // Documented: 10 requests a second.
  pacing: { requests: 2, perMs: 1000 },
  caveats: ["Neither the order of rows nor the bounds of a range are documented."],
  load: async (http, request) => {
    const byTime = new Map<number, SettledRate>();
    let total = Number.POSITIVE_INFINITY;
    for (let page = 1; page <= MAX_PAGES && byTime.size < total; page += 1) {
      const before = byTime.size;
      const reply = await pageOf(http, request, page);
      for (const each of reply.rows) byTime.set(each.atMs, each);
      if (reply.sent === 0) break;
      if (byTime.size === before) throw badEnvelope("its history repeats a page");
      total = reply.total ?? total;
    }
    return { rows: [...byTime.values()] };
  },
};

/** One page of a range; `sent`: its rows, readable or not, and `total` those of all pages. */
function pageOf(
  http: ExchangeHttp,
  { instrument: { exchangeSymbol }, fromMs, toMs }: HistoryRequest,
  page: number,
): Promise<{ rows: SettledRate[]; sent: number; total: number | null }> {
  const startMs = Math.max(fromMs, toMs - HOURS_AT_ONCE * HOUR_MS);
  const range = `startTime=${startMs}&endTime=${toMs - 1}&page=${page}`;
  return http.get(`${PATH}?symbol=${encodeURIComponent(exchangeSymbol)}&${range}`, (body) => {
    const data = dataOf(body);
    const rows = historyRows(row, data?.rows, (each) =>
      each.symbol === exchangeSymbol
        ? settledRate(epochMsOf(each.fundingRateTimestamp), decimalTextOf(each.fundingRate), {
            markPrice: markPriceOf(each.markPrice),
          })
        : null,
    );
    const sent = Array.isArray(data?.rows) ? data.rows.length : 0;
    return { rows, sent, total: quantityOf(meta.parse(data?.meta)?.total) };
  });
}
