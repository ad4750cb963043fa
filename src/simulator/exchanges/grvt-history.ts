import { countOf, newestOf, type Payment, paymentsOf } from "../history.ts";
import type { Listing } from "../listing.ts";
import { fixed, trimmed } from "../wire-text.ts";
import type { MarketView, WireError, WireRow } from "../wire.ts";
import { bodyField } from "./call-paths.ts";
import type { Asked, Call } from "./calls.ts";

/** The digits after the milliseconds in nanosecond times. */
const WHOLE_MS = "000000";

function msOf(body: unknown, name: string, missing: number): number {
  const value = bodyField(body, name);
  return typeof value === "string" && value !== "" ? Number(value.slice(0, -6)) : missing;
}

/** One page, newest first, and how many payments of the range are older than it. */
function pageOf(
  listing: Listing,
  view: MarketView,
  { body }: Asked,
): { readonly page: readonly Payment[]; readonly older: number } {
  const cursor = bodyField(body, "cursor");
  const afterMs = msOf(body, "end_time", view.nowMs) + 1;
  const toMs = typeof cursor === "string" && cursor !== "" ? Number(cursor) : afterMs;
  const all = paymentsOf(listing, view, { fromMs: msOf(body, "start_time", 0), toMs }, 0);
  const limit = String(bodyField(body, "limit") ?? 500);
  const page = newestOf(all, countOf(view, limit, { usual: 500, max: 1_000 }));
  return { page, older: all.length - page.length };
}

function pastRow(listing: Listing, payment: Payment): WireRow {
  const points = trimmed(payment.rate * 100, 6);
  return {
    instrument: listing.symbol,
    funding_rate: points,
    funding_time: `${payment.slotMs}${WHOLE_MS}`,
    mark_price: fixed(payment.mark, 9),
    funding_rate_8_h_avg: points,
    funding_interval_hours: payment.intervalHours,
  };
}

/** Reverse chronological pages of a range. */
export function pastRates(refuse: (asked: Asked) => WireError | null): Call {
  return {
    kind: "history",
    method: "POST",
    refuse,
    one: { name: "instrument" },
    past: (listing, view, asked) =>
      pageOf(listing, view, asked).page.map((payment) => pastRow(listing, payment)),
    wrap: (result, view, asked) => {
      const listing = view.listings.find(({ symbol }) => symbol === asked.symbol);
      const { page, older } =
        listing === undefined ? { page: [], older: 0 } : pageOf(listing, view, asked);
      return { result, next: older > 0 ? String(page.at(-1)?.slotMs) : "" };
    },
  };
}
