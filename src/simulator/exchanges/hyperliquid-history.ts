import { countOf, oldestOf, paymentsOf } from "../history.ts";
import type { WireError } from "../wire.ts";
import { pythonFloat } from "../wire-text.ts";
import { bodyField } from "./call-paths.ts";
import type { Call } from "./calls.ts";
import { fundingShareOf } from "./hyperliquid-deployers.ts";

const MAX_ROWS = 500;
/** How late payments are recorded at most. */
const JITTER_MS = 80;

/** The oldest rows of a range with inclusive bounds; the start is required. */
export function pastRates(undecodable: WireError): Call {
  return {
    kind: "history",
    method: "POST",
    refuse: ({ body }) => (typeof bodyField(body, "startTime") === "number" ? null : undecodable),
    has: ({ state }) => state === "live",
    one: { name: "coin", missing: undecodable },
    past: (listing, view, { body }) => {
      const bound = (name: string, missing: number): number =>
        Number(bodyField(body, name) ?? missing);
      const fromMs = bound("startTime", 0);
      const toMs = bound("endTime", view.nowMs) + 1;
      const payments = paymentsOf(listing, view, { fromMs, toMs }, JITTER_MS);
      return oldestOf(payments, countOf(view, null, { usual: MAX_ROWS, max: MAX_ROWS })).map(
        ({ rate, atMs, mark, index }) => ({
          coin: listing.symbol,
          fundingRate: pythonFloat(rate * fundingShareOf(listing), 10),
          premium: pythonFloat(mark / index - 1, 10),
          time: atMs,
        }),
      );
    },
  };
}
