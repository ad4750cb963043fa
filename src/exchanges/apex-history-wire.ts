import { z } from "zod";
import { CATALOGUE_PATH, catalogueOf, dataOf } from "./apex-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import { anyValue, badEnvelope, decodeEnvelope, epochMsOf, nonEmpty, numeric } from "./wire.ts";

const PATH = "/api/v3/history-funding";
const MAX_ROWS = 100;

const reply = z.object({ historyFunds: anyValue });
const row = z.object({ symbol: nonEmpty, rate: numeric, fundingTimestamp: numeric });
const contract = z.object({ crossSymbolName: nonEmpty, symbol: nonEmpty });

/**
 * Payments of ApeX Omni, whose history has the name with a dash (`BTC-USDT`) that only the catalogue gives to a symbol.
 * Whether `price` is the mark is not stated.
 *
 * Sample row, with made-up numbers:
 * { symbol: "BTC-USDT", rate: "0.00000748", price: "83577.31", fundingTime: 1793620800000,
 *   fundingTimestamp: 1793620800000 }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "time", sends: "newest" },
  maxRows: MAX_ROWS,
  order: "newest_first",
  bounds: { from: "inclusive", to: "exclusive" },
  depth: { words: "not stated", days: null, rows: null },
  pacing: { requests: 1, perMs: 1000 },
  caveats: [
    "That the newest rows of a range come first was seen in one reply, but is not documented.",
    "The largest page is not known; 100 rows are requested.",
  ],
  load: (http, { instrument: { key }, fromMs, toMs }) => {
    if (key === null) throw badEnvelope("the catalogue does not name the contract");
    const range = `limit=${MAX_ROWS}&beginTimeInclusive=${fromMs}&endTimeExclusive=${toMs}`;
    return http.get(`${PATH}?symbol=${encodeURIComponent(key)}&${range}`, (body) => {
      const { historyFunds } = decodeEnvelope(reply, dataOf(body));
      return {
        rows: historyRows(row, historyFunds, ({ symbol, rate, fundingTimestamp }) =>
          symbol === key ? settledRate(epochMsOf(fundingTimestamp), decimalTextOf(rate)) : null,
        ),
      };
    });
  },
  keys: (http) =>
    http.get(CATALOGUE_PATH, (body) => {
      const { perpetuals, stocks } = catalogueOf(body);
      const known = z.array(z.unknown()).catch([]).parse(perpetuals);
      return new Map(
        [...known, ...stocks].flatMap((item) => {
          const { data } = contract.safeParse(item);
          return data === undefined ? [] : [[data.crossSymbolName, data.symbol] as const];
        }),
      );
    }),
};
