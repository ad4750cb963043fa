import { z } from "zod";
import { checked, CONTRACTS_PATH } from "./hibachi-wire.ts";
import type { ExchangeHistory } from "./history.ts";
import { decimalTextOf, historyRows, settledRate } from "./wire-history.ts";
import {
  badEnvelope,
  decodeEnvelope,
  epochMsOf,
  nonEmpty,
  numeric,
  numberOf,
  product,
} from "./wire.ts";

const PATH = "/market/data/funding-rates";
const MAX_ROWS = 100;
const MS_PER_SECOND = 1000;

const reply = z.object({ data: z.unknown() });
const id = z.union([nonEmpty, z.number()]);
const row = z.object({ contractId: id, fundingTimestamp: numeric, fundingRate: numeric });
const contracts = z.object({ futureContracts: z.array(z.unknown()) });
const contract = z.object({ symbol: nonEmpty, id });

/**
 * Payments of Hibachi: one reply without bounds. Rows name the contract by its number, which the list of contracts gives
 * to a symbol; times are in seconds.
 *
 * Sample row, with made-up numbers:
 * { contractId: 2, fundingTimestamp: 1793620800, fundingRate: "0.000019", indexPrice: "83595.93443" }
 */
export const history: ExchangeHistory = {
  kind: "settlements",
  paging: { by: "nothing" },
  maxRows: MAX_ROWS,
  order: "oldest_first",
  bounds: { from: "none", to: "none" },
  depth: { words: "the newest 100 hours", days: null, rows: MAX_ROWS },
  pacing: { requests: 1, perMs: 1000 },
  caveats: [
    "The reply states a limit of 100 and an offset, but no parameter for them is documented: older payments are not read.",
    "That the reply has the newest payments was seen in one reply, but is not documented.",
    "Rates have six decimals.",
  ],
  load: (http, { instrument: { exchangeSymbol, key } }) => {
    if (key === null) throw badEnvelope("the list of contracts does not number the contract");
    return http.get(`${PATH}?symbol=${encodeURIComponent(exchangeSymbol)}`, (body) => ({
      rows: historyRows(
        row,
        decodeEnvelope(reply, checked(body)).data,
        ({ contractId, fundingTimestamp, fundingRate }) =>
          String(contractId) === key
            ? settledRate(
                epochMsOf(product(numberOf(fundingTimestamp), MS_PER_SECOND)),
                decimalTextOf(fundingRate),
              )
            : null,
      ),
    }));
  },
  keys: (http) =>
    http.get(CONTRACTS_PATH, (body) => {
      const { futureContracts } = decodeEnvelope(contracts, checked(body));
      return new Map(
        futureContracts.flatMap((item) => {
          const { data } = contract.safeParse(item);
          return data === undefined ? [] : [[data.symbol, String(data.id)] as const];
        }),
      );
    }),
};
