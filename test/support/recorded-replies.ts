import { contractsOf, filled, ofContracts, type Recording, together } from "./recorded-market.ts";

const USDT = { marginAsset: "USDT" };

/** The evening of a Sunday: shares are closed, metals and oil are open. */
export const SUNDAY: readonly Recording[] = [
  {
    exchange: "binance",
    at: "2026-09-13T21:16:54Z",
    routes: [
      [/premiumIndex/, "premiumIndex-tradfi"],
      [/fundingInfo/, "fundingInfo-tradfi"],
      [/exchangeInfo/, "exchangeInfo-tradfi", filled(USDT)],
    ],
  },
  {
    exchange: "aster",
    at: "2026-09-13T21:16:55Z",
    routes: [
      [/premiumIndex/, "premiumIndex-tradfi"],
      [/fundingInfo/, "fundingInfo-tradfi"],
      [/exchangeInfo/, "exchangeInfo-tradfi", filled(USDT)],
    ],
  },
  {
    exchange: "dydx",
    at: "2026-09-13T21:16:54Z",
    routes: [[/perpetualMarkets/, "perpetual-markets-tradfi"]],
  },
  {
    exchange: "gate",
    at: "2026-09-13T21:16:54Z",
    routes: [[/usdt\/contracts/, "contracts-usdt-classes", filled({ type: "direct" })]],
  },
  {
    exchange: "kucoin",
    at: "2026-09-13T21:16:54Z",
    routes: [
      [
        /contracts\/active/,
        "contracts-active-classes",
        filled({ quoteCurrency: "USDT", settleCurrency: "USDT", expireDate: null }),
      ],
    ],
  },
  {
    exchange: "weex",
    at: "2026-09-13T21:14:37Z",
    routes: [
      [/premiumIndex/, "premiumIndex"],
      [/ticker/, "ticker-24hr"],
      [/exchangeInfo/, "exchangeInfo", filled({ ...USDT, forwardContractFlag: true })],
    ],
  },
  {
    exchange: "bingx",
    at: "2026-09-13T22:00:46Z",
    routes: [
      [/premiumIndex/, "premiumIndex"],
      [/contracts/, "contracts"],
      [/ticker/, "ticker"],
    ],
  },
  {
    exchange: "htx",
    at: "2026-09-13T22:01:10Z",
    routes: [
      [/batch_funding_rate/, "swap_batch_funding_rate"],
      [/contract_info/, "swap_contract_info"],
      [/swap_index/, "swap_index"],
      [/open_interest/, "swap_open_interest"],
    ],
  },
  { exchange: "extended", at: "2026-09-13T22:01:30Z", routes: [[/info\/markets/, "info-markets"]] },
  {
    exchange: "orderly",
    at: "2026-09-13T22:01:13Z",
    routes: [
      [/futures/, "futures"],
      [/funding_rates/, "funding-rates"],
      [/info/, "info"],
    ],
  },
  {
    exchange: "bitget",
    at: "2026-09-13T22:06:22Z",
    routes: [
      [/current-fund-rate\?category=USDT/, "v3-current-fund-rate-usdt"],
      [/current-fund-rate\?category=USDC/, "v3-current-fund-rate-usdc"],
      [/instruments\?category=USDT/, "v3-instruments-usdt"],
      [/instruments\?category=USDC/, "v3-instruments-usdc"],
      [/tickers\?category=USDT/, "v3-tickers-usdt"],
      [/tickers\?category=USDC/, "v3-tickers-usdc"],
    ],
  },
  {
    exchange: "lbank",
    at: "2026-09-13T22:13:00Z",
    routes: [
      [/marketData/, "marketData"],
      [/instrument/, "instrument"],
    ],
  },
  {
    exchange: "pacifica",
    at: "2026-09-13T22:12:32Z",
    routes: [
      [/info\/prices/, "info-prices"],
      [/info/, "info"],
    ],
  },
  {
    exchange: "backpack",
    at: "2026-09-13T22:26:42Z",
    routes: [
      [/markPrices/, "mark-prices"],
      [/markets/, "markets"],
      [/openInterest/, "open-interest"],
      [/tickers/, "tickers"],
    ],
  },
  {
    exchange: "blofin",
    at: "2026-09-13T22:28:39Z",
    routes: [
      [/funding-rate(\?|$)/, "funding-rate"],
      [/instruments/, "instruments"],
      [/mark-price/, "mark-price"],
      [/tickers/, "tickers"],
      [/open-interest/, "open-interest"],
    ],
  },
  {
    exchange: "toobit",
    at: "2026-09-13T22:29:31Z",
    routes: [
      [/fundingRate/, "fundingRate"],
      [/markPrice/, "markPrice"],
      [/quote\/v1\/index/, "index"],
      [/ticker/, "ticker-24hr"],
      [/exchangeInfo/, "exchangeInfo"],
    ],
  },
  {
    exchange: "grvt",
    at: "2026-09-13T22:39:29Z",
    routes: [
      [/all_instruments/, "all-instruments"],
      [/"BTC_USDT_Perp"/, "ticker-btc"],
      [/"AAPL_USDT_Perp"/, "ticker-aapl"],
      [/"ENA_USDT_Perp"/, "ticker-ena"],
    ],
  },
  {
    exchange: "hibachi",
    at: "2026-09-13T22:25:00Z",
    routes: [
      [/inventory/, "inventory"],
      [/exchange-info/, "inventory", contractsOf],
    ],
  },
  {
    exchange: "apex",
    at: "2026-09-13T22:35:00Z",
    routes: [
      [/ticker/, "ticker-btcusdt ticker-ethusdt ticker-spcxusdt", together],
      [/symbols/, "symbols"],
    ],
  },
  {
    exchange: "edgex",
    at: "2026-09-13T22:37:20Z",
    routes: [
      [/getMetaData/, "getMetaData"],
      [/getLatestFundingRate/, "getLatestFundingRate", ofContracts],
      [/getTicker.*=30000001$/, "getTicker-30000001"],
      [/contract-labels/, "contract-labels"],
    ],
  },
];

/** The evening of a Friday: the coins of some more exchanges. */
export const FRIDAY: readonly Recording[] = [
  {
    exchange: "aster",
    at: "2026-09-11T17:28:06Z",
    routes: [
      [/premiumIndex/, "premiumIndex"],
      [/fundingInfo/, "fundingInfo"],
      [/exchangeInfo/, "exchangeInfo", filled(USDT)],
      [/ticker/, "ticker-24hr"],
    ],
  },
  {
    exchange: "bybit",
    at: "2026-09-11T17:18:41Z",
    routes: [
      [/tickers/, "tickers-linear"],
      [/instruments-info/, "instruments-info"],
    ],
  },
  {
    exchange: "dydx",
    at: "2026-09-11T17:28:06Z",
    routes: [[/perpetualMarkets/, "perpetual-markets"]],
  },
  {
    exchange: "gate",
    at: "2026-09-11T17:18:41Z",
    routes: [
      [/usdt\/contracts/, "contracts-usdt"],
      [/usdt\/tickers/, "tickers-usdt"],
    ],
  },
  {
    exchange: "hyperliquid",
    at: "2026-09-11T17:18:41Z",
    routes: [
      [/"dex":"xyz"/, "meta-and-asset-ctxs-xyz"],
      [/"metaAndAssetCtxs"\}/, "meta-and-asset-ctxs"],
      [/perpDexs/, "perp-dexs"],
      [/spotMeta/, "spot-meta"],
      [/perpConciseAnnotations/, "perp-concise-annotations"],
    ],
  },
  {
    exchange: "kucoin",
    at: "2026-09-11T17:18:41Z",
    routes: [[/contracts\/active/, "contracts-active"]],
  },
  {
    exchange: "lighter",
    at: "2026-09-11T17:18:41Z",
    routes: [
      [/funding-rates/, "funding-rates"],
      [
        /orderBookDetails/,
        "order-book-details",
        filled({ market_config: { hidden: false, force_reduce_only: false } }),
      ],
    ],
  },
  {
    exchange: "mexc",
    at: "2026-09-11T17:28:05Z",
    routes: [
      [/funding_rate/, "funding_rate-btc funding_rate-xau", together],
      [/ticker/, "ticker"],
      [/detail/, "contract-detail"],
    ],
  },
  {
    exchange: "okx",
    at: "2026-09-11T17:18:41Z",
    routes: [
      [/funding-rate/, "funding-rate"],
      [/instruments/, "instruments-swap"],
      [/mark-price/, "mark-price"],
      [/open-interest/, "open-interest-swap"],
      [/tickers\?instType/, "market-tickers-swap"],
    ],
  },
  {
    exchange: "paradex",
    at: "2026-09-11T17:18:41Z",
    routes: [
      [/summary/, "markets-summary"],
      [/markets/, "markets", filled({ open_at: 0 })],
    ],
  },
];
