import { z } from "zod";
import type { SettledRate } from "../domain/settlement.ts";
import type { ExchangeHistory, HistoryPage } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { intervalHoursOf } from "./wire-times.ts";
import { anyValue, badEnvelope, decodeEnvelope, epochMsOf, nonEmpty, numeric } from "./wire.ts";
import { BASE_PATH, resultOf } from "./xt-wire.ts";

/** What a known client requests; the default is 10. */
const MAX_ROWS = 200;
const SECONDS_PER_HOUR = 3600;

const list = z.object({ hasNext: z.boolean(), items: anyValue });
const id = z.union([z.string().min(1), z.number()]);
const row = z.object({
  id: id.optional().catch(undefined),
  symbol: nonEmpty,
  fundingRate: numeric,
  createdTime: numeric,
  // Seconds here, hours in the current rates.
  collectionInternal: numeric,
});

/**
 * Payments of XT: each page continues after the id of the oldest payment on the page before.
 *
 * Sample row, with made-up numbers:
 * { id: "210441653482221888", symbol: "btc_usdt", fundingRate: "0.000057", createdTime: 1793606400000,
 *   collectionInternal: 28800 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "cursor" },
  maxRows: MAX_ROWS,
  order: "unknown",
  bounds: { from: "none", to: "none" },
  depth: { words: "no limit is stated", days: null, rows: null },
  // 1,000 a minute are allowed in all; that of one contract's current rate is documented as one a second.
  pacing: { requests: 1, perMs: 1000 },
  caveats: [
    "The order of the rows is not documented; that pages become older with the direction NEXT is how a known client reads them.",
    "The limit of this call is not documented; it is requested once a second.",
  ],
  load: (http, { instrument: { exchangeSymbol }, cursor }) => {
    const after = cursor === null ? "" : `&direction=NEXT&id=${encodeURIComponent(cursor)}`;
    return http.get(
      `${BASE_PATH}/q/funding-rate-record?symbol=${encodeURIComponent(exchangeSymbol)}&limit=${MAX_ROWS}${after}`,
      (body) => pageOf(resultOf(body), exchangeSymbol),
    );
  },
};

function pageOf(result: unknown, exchangeSymbol: string): HistoryPage<SettledRate> {
  const { hasNext, items } = decodeEnvelope(list, result);
  const payments = historyRows(row, items, (item) => {
    if (item.symbol !== exchangeSymbol) return null;
    const payment = settledRate(epochMsOf(item.createdTime), decimalTextOf(item.fundingRate), {
      intervalHours: intervalHoursOf(item.collectionInternal, SECONDS_PER_HOUR),
    });
    return payment === null ? null : { payment, id: item.id };
  });
  const rows = payments.map(({ payment }) => payment);
  if (!hasNext) return { rows, cursor: null };
  const oldest = payments.toSorted((one, other) => one.payment.atMs - other.payment.atMs)[0];
  if (oldest?.id === undefined) throw badEnvelope("more rows follow, but none has an id");
  return { rows, cursor: String(oldest.id) };
}
