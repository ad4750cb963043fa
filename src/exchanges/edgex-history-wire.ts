import { z } from "zod";
import { HOUR_MS } from "../domain/funding.ts";
import { listingsOf } from "./edgex-listing-wire.ts";
import { dataOf, id, loadInstruments } from "./edgex-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { intervalHoursOf } from "./wire-times.ts";
import {
  anyValue,
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  numeric,
  type Numeric,
  word,
} from "./wire.ts";

const PATH = "/api/v2/public/funding/getFundingRatePage";
const MAX_ROWS = 100;
const MINUTES_PER_HOUR = 60;
/** The start of a period lies at most this long before its payment. */
const LONGEST_PERIOD_MS = 24 * HOUR_MS;

const reply = z.object({ dataList: anyValue, nextPageOffsetData: word });
const row = z.object({
  contractId: id,
  fundingTime: numeric,
  fundingRate: numeric,
  isSettlement: z.literal(true),
  fundingRateIntervalMin: numeric,
});

/**
 * Payments of edgeX. A row has the START of a period and the rate that is fixed then and charged at its end, as
 * documented: the payment is one interval later. `previousFundingRate` of the next row repeats it. The row of the
 * running period is therefore a payment to come.
 *
 * Sample row, with made-up numbers:
 * { contractId: "30000001", fundingTime: "1793606400000", fundingRate: "-0.00005067", isSettlement: true,
 *   previousFundingRate: "-0.0000522", previousFundingTimestamp: "1793606340000", fundingRateIntervalMin: "240" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "cursor" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "inclusive", to: "exclusive" },
  depth: { words: "not stated", days: null, rows: null },
  pacing: { requests: 1, perMs: 1000 },
  caveats: [
    "A row is read as the rate of the period that begins at its time, as documented; the ticker suggests that it is what was charged at that time. If so, every payment here is one interval late.",
    "That pages begin with the newest payment was seen in one reply, but is not documented.",
  ],
  load: (http, { instrument: { key }, fromMs, toMs, cursor }) => {
    if (key === null) throw badEnvelope("the metadata do not name the contract");
    const range = `filterBeginTimeInclusive=${Math.max(0, fromMs - LONGEST_PERIOD_MS)}&filterEndTimeExclusive=${toMs}`;
    const page = `size=${MAX_ROWS}&offsetData=${encodeURIComponent(cursor ?? "")}`;
    // Without the filter there is a row per minute.
    const query = `contractId=${encodeURIComponent(key)}&${page}&filterSettlementFundingRate=true&${range}`;
    return http.get(`${PATH}?${query}`, (body) => {
      const { dataList, nextPageOffsetData } = decodeEnvelope(reply, dataOf(body));
      return {
        rows: historyRows(row, dataList, ({ contractId, fundingRate, ...times }) =>
          String(contractId) === key ? paymentOf(decimalTextOf(fundingRate), times) : null,
        ),
        cursor: nextPageOffsetData || null,
      };
    });
  },
  keys: async (http) => {
    const { quotes } = listingsOf(await loadInstruments(http));
    return new Map(quotes.map(({ exchangeSymbol, contractId }) => [exchangeSymbol, contractId]));
  },
};

function paymentOf(
  rate: string | null,
  times: { readonly fundingTime?: Numeric; readonly fundingRateIntervalMin?: Numeric },
): ReturnType<typeof settledRate> {
  const startMs = epochMsOf(times.fundingTime);
  const intervalHours = intervalHoursOf(times.fundingRateIntervalMin, MINUTES_PER_HOUR);
  if (startMs === null || intervalHours === null) return null;
  return settledRate(startMs + intervalHours * HOUR_MS, rate, { intervalHours });
}
