import type { ExchangeId } from "./exchange.ts";

/**
 * The standard taker fee of an exchange: one fill, in basis points of notional, on a linear perpetual, for an
 * account at the lowest tier, without token discount, rebate or promotion. If the fee depends on how an order is
 * placed, it is the fee through the API; if it depends on the instrument, the most common one.
 */
export interface TakerFee {
  /** `null`: no reliable source was found. */
  readonly takerBps: number | null;
  /** YYYY-MM-DD, the last day on which the source is known to have stated this, or nothing. */
  readonly asOf: string;
  /** The exchange's own page, or a description if set by the operator. */
  readonly source: string;
  /** What the number leaves out, or the third party it was read from; absent if there is nothing to add. */
  readonly note?: string;
}

/** The built-in fees. docs/fees.md is generated from this table. */
export const TAKER_FEES = {
  binance: {
    takerBps: 5,
    asOf: "2026-10-12",
    source: "https://www.binance.com/en/fee/futureFee",
    note: "USDT contracts; USDC contracts: 4. As recorded by third parties, because the page needs a browser",
  },
  bybit: {
    takerBps: 5.5,
    asOf: "2026-10-16",
    source: "https://www.bybit.com/en/help-center/article/Trading-Fee-Structure",
    note: "Innovation Zone: 11, pre-market contracts: 10",
  },
  okx: { takerBps: 5, asOf: "2026-10-16", source: "https://www.okx.com/fees" },
  bitget: {
    takerBps: 6,
    asOf: "2026-09-15",
    source: "https://www.bitget.com/support/articles/12560603892734",
  },
  gate: { takerBps: 5, asOf: "2026-09-15", source: "https://www.gate.com/fee" },
  kucoin: {
    takerBps: 6,
    asOf: "2026-09-22",
    source: "https://www.kucoin.com/support/48142946141635",
  },
  hyperliquid: {
    takerBps: 4.5,
    asOf: "2026-09-25",
    source: "https://hyperliquid.gitbook.io/hyperliquid-docs/trading/fees",
    note: "main dex; builder-deployed dexes (HIP-3) scale it: 9 at scale 1, but 0.9 in growth mode, as in most of them",
  },
  kraken: {
    takerBps: 5,
    asOf: "2026-10-12",
    source: "https://www.kraken.com/features/fee-schedule",
  },
  mexc: {
    takerBps: 8,
    asOf: "2026-09-15",
    source:
      "https://www.mexc.com/announcements/article/updates-to-api-futures-trading-fees-jun-1-2026-17827791535742",
    note: "orders through the API; manual orders: 0 to 10 depending on the contract, mostly 4 or less",
  },
  htx: {
    takerBps: 6,
    asOf: "2026-09-22",
    source: "https://www.htx.com/support/900000089923",
    note: "from an example in an article of the exchange; a third party's table agrees, ccxt 4.5 says 5",
  },
  bingx: {
    takerBps: 5,
    asOf: "2026-10-16",
    source: "https://bingx.com/en/support/costs/futures",
    note: "coins; for stocks, forex and commodities the fee depends on the region",
  },
  phemex: { takerBps: 6, asOf: "2026-09-25", source: "https://phemex.com/fees-conditions" },
  xt: { takerBps: 6, asOf: "2026-09-22", source: "https://www.xt.com/en/rate" },
  whitebit: {
    takerBps: 5.5,
    asOf: "2026-09-22",
    source: "https://whitebit.com/trading-data/trading-fees",
    note: "the default fee of every contract in the market list of its API; the page itself could not be read",
  },
  lbank: { takerBps: 6, asOf: "2026-09-22", source: "https://www.lbank.com/fee" },
  toobit: {
    takerBps: 6,
    asOf: "2026-09-22",
    source: "https://www.toobit.com/en-US/support/fee-rate",
    note: "5 with a balance of at least 500 USDT",
  },
  weex: { takerBps: 8, asOf: "2026-09-22", source: "https://www.weex.com/support/rate" },
  woox: {
    takerBps: 3,
    asOf: "2026-09-22",
    source: "https://woox.io/fees",
    note: "the data behind the page states no unit and is read as percent; ccxt 4.5 says 5",
  },
  bitfinex: {
    takerBps: 0,
    asOf: "2026-09-22",
    source: "https://www.bitfinex.com/fees/",
    note: "no trading fees for anyone since 2025-12-17, announced as permanent",
  },
  deribit: {
    takerBps: 3.5,
    asOf: "2026-09-22",
    source: "https://support.deribit.com/hc/en-us/articles/25944746248989-Fees",
  },
  delta: {
    takerBps: 5,
    asOf: "2026-09-22",
    source: "https://www.delta.exchange/fees",
    note: "Delta India, without the 18 % tax on the fee; the six contracts of Delta global: 3 through the API",
  },
  btse: {
    takerBps: 5.5,
    asOf: "2026-09-22",
    source: "https://support.btse.com/en/support/solutions/articles/43000533620",
  },
  deepcoin: {
    takerBps: 6,
    asOf: "2026-09-22",
    source:
      "https://deepcoin.zendesk.com/hc/en-001/articles/360055930112-USDT-Perpetual-Contracts-Trading-Fee-Calculation",
    note: "raised to 12 on 19 contracts in 2023; whether that still holds is not published",
  },
  backpack: {
    takerBps: 5,
    asOf: "2026-09-22",
    source: "https://support.backpack.exchange/exchange/trading/trading-fees",
  },
  blofin: {
    takerBps: 6,
    asOf: "2026-06-11",
    source: "https://blofin.com/en/fees",
    note: "from an archived copy of the page",
  },
  dydx: {
    takerBps: 5,
    asOf: "2026-09-30",
    source: "https://docs.dydx.xyz/concepts/trading/rewards",
    note: "set by governance, which has made some markets free",
  },
  aster: {
    takerBps: 4,
    asOf: "2026-09-25",
    source: "https://docs.asterdex.com/trading/perpetuals/fees-and-specs/fees",
    note: "USDT contracts on most coins; Group B: 10, USD1 contracts: 0.5. As recorded by third parties",
  },
  lighter: {
    takerBps: 0,
    asOf: "2026-09-25",
    source: "https://docs.lighter.xyz/trading/trading-fees",
    note: "standard accounts, whose orders are delayed; premium accounts: 2.8",
  },
  paradex: {
    takerBps: 4.5,
    asOf: "2026-09-04",
    source: "https://docs.paradex.trade/trading/trading-fees",
    note: "orders through the API (Pro), as recorded by third parties; retail orders are free. Its changelog of 2026-11-06 changes the API discounts, so check the page",
  },
  orderly: {
    takerBps: null,
    asOf: "2026-09-22",
    source:
      "https://orderly.network/docs/introduction/trade-on-orderly/trading-basics/trading-fees",
    note: "each front end sets its own fee on top of Orderly's 3: state the one you pay",
  },
  extended: {
    takerBps: 2.5,
    asOf: "2026-08-03",
    source: "https://docs.extended.exchange/extended-resources/trading/trading-fees-and-rebates",
  },
  pacifica: {
    takerBps: 4,
    asOf: "2026-08-19",
    source: "https://docs.pacifica.fi/trading-on-pacifica/trading-fees",
    note: "as recorded by a third party; ccxt 4.5 agrees",
  },
  apex: {
    takerBps: 5,
    asOf: "2026-09-25",
    source:
      "https://www.apex.exchange/blog/detail/Enhancing-Your-Trading-Experience-on-ApeX-Omni-Fee-Structure-Updates",
    note: "from an announcement of 2024, the latest that states it",
  },
  edgex: {
    takerBps: 4.5,
    asOf: "2026-09-25",
    source: "https://pro.edgex.exchange/vip",
    note: "as the exchange's metadata states for every contract; the help centre says 3.8, undated",
  },
  cryptocom: {
    takerBps: 4,
    asOf: "2026-09-22",
    source: "https://crypto.com/exchange/document/fees-limits",
    note: "from the data behind the page, which shows the fee only where derivatives are offered",
  },
  poloniex: {
    takerBps: 6,
    asOf: "2026-09-22",
    source: "https://www.poloniex.com/app/fee/futures",
    note: "another table on the same site says 5",
  },
  grvt: {
    takerBps: 4.5,
    asOf: "2026-08-19",
    source: "https://help.grvt.io/en/articles/9614699-how-does-grvt-s-fee-model-work",
    note: "since 2026-03-23, as recorded by a third party",
  },
  hibachi: {
    takerBps: 4.5,
    asOf: "2026-08-11",
    source: "https://docs.hibachi.xyz/hibachi-docs/trading/fees",
    note: "as the exchange's API states; ccxt 4.5 agrees",
  },
  aevo: {
    takerBps: null,
    asOf: "2026-09-27",
    source: "https://docs.aevo.xyz/aevo-products/aevo-exchange/fees/maker-and-taker-fees",
    note: "8 on an undated page about one contract, 5 elsewhere; neither is confirmed",
  },
  drift: {
    takerBps: null,
    asOf: "2026-09-27",
    source: "https://docs.drift.trade/trading/trading-fees",
    note: "trading stopped on 2026-04-01; its successor's fees are unknown",
  },
  hashkey: {
    takerBps: 6,
    asOf: "2026-09-22",
    source: "https://help.hashkey.com/hc/en-us/articles/19678434866460-Adjustment-of-VIP-Rate",
  },
} satisfies Record<ExchangeId, TakerFee>;
