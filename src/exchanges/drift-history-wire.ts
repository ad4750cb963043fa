import { z } from "zod";
import type { ExchangeHistory } from "./history.ts";
import { historyRows, settledRate, shiftedDecimal } from "./wire-history.ts";
import {
  decodeEnvelope,
  epochMsOf,
  nonEmpty,
  numberOf,
  numeric,
  type Numeric,
  product,
} from "./wire.ts";

const PATH = "/fundingRates";
const MS_PER_SECOND = 1000;
/** Hours of 30 days. */
const MAX_ROWS = 720;

/** The chain counts rates in 1e-9 dollars per unit and prices in 1e-6 dollars: their ratio is a thousandth. */
const RATE_PER_PRICE = 1_000n;
/** Decimals of the quotient; what is cut off is less than 1e-18. */
const DECIMALS = 18;
const WHOLE_NUMBER = /^-?\d{1,30}$/;

const reply = z.object({ fundingRates: z.unknown() });
const row = z.object({
  ts: numeric,
  marketIndex: z.union([nonEmpty, z.number()]),
  fundingRate: numeric,
  oraclePriceTwap: numeric,
});
const market = z.object({ symbol: nonEmpty, marketIndex: z.union([nonEmpty, z.number()]) });

/**
 * Payments of Drift in units of the chain, where a rate is dollars per unit of the asset: divided by the oracle's average
 * price it is a fraction. The newer list of plain numbers is refused, as its unit is not documented.
 *
 * Sample row, with made-up numbers:
 * { ts: "1793620805", marketIndex: 0, fundingRate: "1044750", oraclePriceTwap: "83580000000" }
 *
 * Units: https://github.com/drift-labs/v2-teacher, _historicaldata.md
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "nothing" },
  maxRows: MAX_ROWS,
  order: "unknown",
  bounds: { from: "none", to: "none" },
  depth: { words: "the last 30 days", days: 30, rows: null },
  pacing: { requests: 1, perMs: 10_000 },
  caveats: [
    "No reply was recorded since the relaunch. Of the two documented forms only the one in units of the chain is read.",
    "Updates lag by minutes: a payment is at the minute of its update, not at the full hour.",
    "Longs and shorts can be charged different rates when the exchange cannot pay; the common one is read.",
  ],
  load: (http, { instrument: { exchangeSymbol, key } }) =>
    http.get(`${PATH}?marketName=${encodeURIComponent(exchangeSymbol)}`, (body) => ({
      rows: historyRows(
        row,
        decodeEnvelope(reply, body).fundingRates,
        ({ ts, marketIndex, fundingRate, oraclePriceTwap }) =>
          String(marketIndex) === key
            ? settledRate(
                epochMsOf(product(numberOf(ts), MS_PER_SECOND)),
                fractionOf(fundingRate, oraclePriceTwap),
              )
            : null,
      ),
    })),
  keys: (http) =>
    http.get("/stats/markets", (body) => {
      const items = decodeEnvelope(z.array(z.unknown()), body);
      return new Map(
        items.flatMap((item) => {
          const { data } = market.safeParse(item);
          return data === undefined ? [] : [[data.symbol, String(data.marketIndex)] as const];
        }),
      );
    }),
};

/** Dollars per unit and hour divided by dollars per unit, both in whole numbers of the chain; null if either is not. */
function fractionOf(rate: Numeric, price: Numeric): string | null {
  const [dividend, divisor] = [String(rate ?? ""), String(price ?? "")];
  if (!WHOLE_NUMBER.test(dividend) || !WHOLE_NUMBER.test(divisor) || BigInt(divisor) <= 0n)
    return null;
  const scaled = BigInt(dividend) * 10n ** BigInt(DECIMALS);
  return shiftedDecimal(String(scaled / (BigInt(divisor) * RATE_PER_PRICE)), -DECIMALS);
}
