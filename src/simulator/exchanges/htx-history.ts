import { countOf, pageOf, paymentsOf, WHOLE_PAST } from "../history.ts";
import type { Listing } from "../listing.ts";
import { fixed } from "../wire-text.ts";
import type { MarketView } from "../wire.ts";
import type { Call } from "./calls.ts";

/** No page has more rows, whatever is requested. */
const MAX_ROWS = 20;
const RATE_DECIMALS = 18;

/** A page of all rows, newest first, with how many there are. */
export function pastRates(has: (listing: Listing) => boolean, one: NonNullable<Call["one"]>): Call {
  const sizeOf = (view: MarketView, query: URLSearchParams): number =>
    countOf(view, query.get("page_size"), { usual: MAX_ROWS, max: MAX_ROWS });
  return {
    kind: "history",
    has,
    one,
    past: (listing, view, { query }) => {
      const payments = paymentsOf(listing, view, WHOLE_PAST);
      return pageOf(payments, sizeOf(view, query), query.get("page_index")).map(
        ({ rate, slotMs }) => ({
          avg_premium_index: fixed(rate / 2, RATE_DECIMALS),
          trade_partition: "USDT",
          funding_rate: fixed(rate, RATE_DECIMALS),
          realized_rate: null,
          funding_time: String(slotMs),
          contract_code: listing.symbol,
          symbol: listing.wireBase,
          fee_asset: "USDT",
        }),
      );
    },
    wrap: (data, view, { symbol, query }) => {
      const listing = view.listings.find((row) => row.symbol === symbol);
      const total = listing === undefined ? 0 : paymentsOf(listing, view, WHOLE_PAST).length;
      return {
        status: "ok",
        data: {
          total_page: Math.ceil(total / sizeOf(view, query)),
          current_page: Number(query.get("page_index") ?? 1),
          total_size: total,
          data,
        },
        ts: view.stampMs,
      };
    },
  };
}
