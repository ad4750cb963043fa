import { xt } from "../../src/exchanges/xt.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";

/** Made-up replies in xt's documented format, and readers of them. */

const CALL = "/future/market/v1/public";
export const RATES = `${CALL}/cg/contracts`;
export const TICKERS = `${CALL}/q/agg-tickers`;
export const LIST = `${CALL}/symbol/list`;
export const one = (symbol: string): string => `${CALL}/q/funding-rate?symbol=${symbol}`;

export const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
export const at = (hour: number, day = 5): number => Date.UTC(2026, 9, day, hour);
export const LISTED = Date.UTC(2023, 4, 9, 12);

export type Row = Readonly<Record<string, unknown>>;

export const rate = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  base_currency: symbol.split("_")[0]?.toUpperCase(),
  target_currency: "USDT",
  product_type: "PERPETUAL",
  funding_rate: "0.00004455",
  next_funding_rate: "0.00004455",
  next_funding_rate_timestamp: at(16),
  collection_internal: 8,
  open_interest: "5000000",
  index_price: "71000",
  target_volume: "1400000000",
  ...extra,
});
const ticker = (s: string, extra: Row = {}): Row => ({
  t: AT,
  s,
  c: "71000.1",
  a: "623654031",
  v: "1399166074.5",
  i: "71013.5",
  m: "71001.25",
  ...extra,
});
export const contract = (symbol: string, extra: Row = {}): Row => ({
  symbol,
  productType: "perpetual",
  underlyingType: "U_BASED",
  tradeSwitch: true,
  inPreMarket: false,
  isOpenApi: true,
  state: 0,
  contractSize: "0.0001",
  baseCoin: symbol.split("_")[0],
  quoteCoin: symbol.split("_")[1],
  onboardDate: LISTED,
  deliveryDate: LISTED,
  ...extra,
});

export const LIVE = [
  contract("btc_usdt"),
  contract("1000pepe_usdt", { isOpenApi: false }),
  contract("1mbabydoge_usdt"),
  contract("nflx_usdt"),
];
export const DEAD = [
  contract("ftt_usdt", { tradeSwitch: false }),
  contract("soon_usdt", { inPreMarket: true }),
  contract("btc_usdt_261225", { productType: "futures" }),
  contract("eth_usdt", { underlyingType: "COIN_BASED" }),
  contract("eth_btc"),
];
export const symbolOf = (row: Row): string => String(row["symbol"]);
export const reply = (result: unknown): Row => ({
  returnCode: 0,
  msgInfo: "success",
  error: null,
  result,
});

export const BODIES: Bodies = {
  [RATES]: [
    rate("btc_usdt"),
    rate("1000pepe_usdt", { funding_rate: "-0.0012", collection_internal: 4 }),
    rate("1mbabydoge_usdt", { funding_rate: "0", collection_internal: null }),
    rate("nflx_usdt", { collection_internal: 1, next_funding_rate_timestamp: at(14) }),
    ...DEAD.map((row) => rate(symbolOf(row))),
    rate("new_usdt"),
  ],
  [TICKERS]: reply([ticker("btc_usdt"), ticker("ftt_usdt"), ticker("1000pepe_usdt", { i: "0" })]),
  [LIST]: reply([...LIVE, ...DEAD]),
  // Requested if the feed has no interval.
  [one("1mbabydoge_usdt")]: reply({ symbol: "1mbabydoge_usdt" }),
};

export const refresh = (bodies: Bodies, nowMs = AT) => xt.refresh(memorySource(bodies, { nowMs }));

export const btcOf = async (rateExtra: Row, listExtra: Row = {}) => {
  const batch = await refresh({
    ...BODIES,
    [one("btc_usdt")]: reply({ symbol: "btc_usdt", collectionInternal: null }),
    [RATES]: [rate("btc_usdt", rateExtra)],
    [LIST]: reply([contract("btc_usdt", listExtra), contract("sol_usdt")]),
  });
  return { batch, quote: batch.quotes[0] };
};
