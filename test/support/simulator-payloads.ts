import type { ExchangeName } from "../../src/simulator/listing.ts";
import type { DemoRequest } from "./simulator.ts";

type Path = readonly (string | number)[];

/** One request, where its rows are, and the keys of a row that an exchange's description uses. */
export interface Payload {
  readonly exchange: ExchangeName;
  readonly request: DemoRequest;
  /** Where the list of rows is; a payload that is one object has `one` instead. */
  readonly rows?: Path;
  readonly one?: Path;
  readonly keys: string;
  /** Recorded files of this request. */
  readonly recorded: readonly string[];
}

const info = (body: unknown): DemoRequest => ({ path: "/info", body });

/** Every payload of the simulator, written down from the descriptions, apart from its own code. */
export const PAYLOADS: readonly Payload[] = [
  {
    exchange: "binance",
    request: { path: "/fapi/v1/premiumIndex" },
    rows: [],
    keys: "symbol lastFundingRate nextFundingTime markPrice indexPrice time",
    recorded: ["premiumIndex.json"],
  },
  {
    exchange: "binance",
    request: { path: "/fapi/v1/ticker/24hr" },
    rows: [],
    keys: "symbol quoteVolume volume lastPrice",
    recorded: ["ticker-24hr.json"],
  },
  {
    exchange: "binance",
    request: { path: "/fapi/v1/fundingInfo" },
    rows: [],
    keys: "symbol fundingIntervalHours adjustedFundingRateCap adjustedFundingRateFloor",
    recorded: ["fundingInfo.json"],
  },
  {
    exchange: "binance",
    request: { path: "/fapi/v1/exchangeInfo" },
    rows: ["symbols"],
    keys: "symbol status contractType baseAsset quoteAsset marginAsset underlyingType deliveryDate onboardDate",
    recorded: ["exchangeInfo.json"],
  },
  {
    exchange: "binance",
    request: { path: "/fapi/v1/openInterest?symbol=BTCUSDT" },
    one: [],
    keys: "symbol openInterest time",
    recorded: ["openInterest.json"],
  },
  {
    exchange: "bybit",
    request: { path: "/v5/market/tickers?category=linear" },
    rows: ["result", "list"],
    keys:
      "symbol fundingRate fundingIntervalHour nextFundingTime markPrice indexPrice openInterest openInterestValue " +
      "turnover24h volume24h fundingCap curPreListingPhase deliveryTime",
    recorded: ["tickers-linear-full.json", "tickers-linear.json"],
  },
  {
    exchange: "bybit",
    request: { path: "/v5/market/instruments-info?category=linear" },
    rows: ["result", "list"],
    keys:
      "symbol contractType status baseCoin quoteCoin settleCoin fundingInterval upperFundingRate lowerFundingRate " +
      "isPreListing symbolType deliveryTime launchTime",
    recorded: ["instruments-info.json"],
  },
  {
    exchange: "okx",
    request: { path: "/api/v5/public/funding-rate?instId=ANY" },
    rows: ["data"],
    keys:
      "instId instType fundingRate fundingTime nextFundingTime prevFundingTime nextFundingRate settFundingRate " +
      "settState method minFundingRate maxFundingRate ts",
    recorded: ["funding-rate-any.json"],
  },
  {
    exchange: "okx",
    request: { path: "/api/v5/public/mark-price?instType=SWAP" },
    rows: ["data"],
    keys: "instId markPx ts",
    recorded: ["mark-price.json"],
  },
  {
    exchange: "okx",
    request: { path: "/api/v5/public/open-interest?instType=SWAP" },
    rows: ["data"],
    keys: "instId oi oiCcy oiUsd ts",
    recorded: ["open-interest-swap.json"],
  },
  {
    exchange: "okx",
    request: { path: "/api/v5/market/tickers?instType=SWAP" },
    rows: ["data"],
    keys: "instId last volCcy24h vol24h ts",
    recorded: ["market-tickers-swap.json"],
  },
  {
    exchange: "okx",
    request: { path: "/api/v5/market/index-tickers?quoteCcy=USDT" },
    rows: ["data"],
    keys: "instId idxPx ts",
    recorded: [],
  },
  {
    exchange: "okx",
    request: { path: "/api/v5/public/instruments?instType=SWAP" },
    rows: ["data"],
    keys: "instId instType ctType state settleCcy uly instFamily ctVal ruleType instCategory baseCcy quoteCcy",
    recorded: ["instruments-swap.json"],
  },
  {
    exchange: "bitget",
    request: { path: "/api/v3/market/current-fund-rate?category=USDT-FUTURES" },
    rows: ["data"],
    keys: "symbol fundingRate fundingRateInterval nextUpdate minFundingRate maxFundingRate",
    recorded: ["v3-current-fund-rate.json"],
  },
  {
    exchange: "bitget",
    request: { path: "/api/v3/market/tickers?category=USDT-FUTURES" },
    rows: ["data"],
    keys: "symbol markPrice indexPrice openInterest turnover24h volume24h fundingRate ts",
    recorded: ["v3-tickers-usdt-futures.json"],
  },
  {
    exchange: "bitget",
    request: { path: "/api/v3/market/instruments?category=USDT-FUTURES" },
    rows: ["data"],
    keys: "symbol baseCoin quoteCoin type status fundInterval isRwa deliveryTime",
    recorded: [],
  },
  {
    exchange: "bitget",
    request: { path: "/api/v2/mix/market/current-fund-rate?productType=usdt-futures" },
    rows: ["data"],
    keys: "symbol fundingRate fundingRateInterval nextUpdate minFundingRate maxFundingRate",
    recorded: ["current-fund-rate.json", "current-fund-rate-2025.json"],
  },
  {
    exchange: "bitget",
    request: { path: "/api/v2/mix/market/tickers?productType=USDT-FUTURES" },
    rows: ["data"],
    keys: "symbol markPrice indexPrice holdingAmount usdtVolume quoteVolume baseVolume fundingRate ts",
    recorded: ["tickers-usdt-futures.json", "tickers-usdt-futures-trimmed.json"],
  },
  {
    exchange: "bitget",
    request: { path: "/api/v2/mix/market/contracts?productType=USDT-FUTURES" },
    rows: ["data"],
    keys: "symbol baseCoin quoteCoin symbolType symbolStatus fundInterval supportMarginCoins deliveryTime",
    recorded: ["contracts-usdt-futures.json", "contracts-usdt-futures-trimmed.json"],
  },
  {
    exchange: "gate",
    request: { path: "/api/v4/futures/usdt/contracts" },
    rows: [],
    keys:
      "name funding_rate funding_rate_indicative funding_interval funding_next_apply mark_price index_price " +
      "position_size quanto_multiplier type status in_delisting is_pre_market contract_type funding_rate_limit",
    recorded: ["contracts-usdt.json", "contracts-usdt-trimmed.json", "contracts-usdt-2023.json"],
  },
  {
    exchange: "gate",
    request: { path: "/api/v4/futures/usdt/tickers" },
    rows: [],
    keys: "contract volume_24h_quote volume_24h volume_24h_base last mark_price total_size",
    recorded: ["tickers-usdt.json", "tickers-usdt-trimmed.json"],
  },
  {
    exchange: "kucoin",
    request: { path: "/api/v1/contracts/active" },
    rows: ["data"],
    keys:
      "symbol baseCurrency displayBaseCurrency quoteCurrency settleCurrency fundingFeeRate predictedFundingFeeRate " +
      "currentFundingRateGranularity fundingRateGranularity nextFundingRateDateTime nextFundingRateTime markPrice " +
      "indexPrice openInterest multiplier turnoverOf24h volumeOf24h type isInverse status expireDate marketStage " +
      "assetClass fundingRateCap fundingRateFloor",
    recorded: ["contracts-active.json"],
  },
  {
    exchange: "kucoin",
    request: { path: "/api/v1/contracts/XBTUSDTM" },
    one: ["data"],
    keys: "symbol fundingFeeRate",
    recorded: ["contract-xbtusdtm.json"],
  },
  {
    exchange: "kucoin",
    request: { path: ".ua/api/ua/v2/market/funding-rate?productType=USDT-FUTURES" },
    rows: ["data"],
    keys: "symbol nextFundingRate fundingTime currentGranularity newGranularity newGranularityStartTime",
    recorded: ["ua-v2-funding-rate.json"],
  },
  {
    exchange: "hyperliquid",
    request: info({ type: "metaAndAssetCtxs" }),
    rows: [1],
    keys: "funding openInterest markPx oraclePx midPx premium impactPxs dayNtlVlm dayBaseVlm prevDayPx",
    recorded: ["meta-and-asset-ctxs.json"],
  },
  {
    exchange: "hyperliquid",
    request: info({ type: "metaAndAssetCtxs", dex: "xyz" }),
    rows: [0, "universe"],
    keys: "name szDecimals maxLeverage",
    recorded: ["meta-and-asset-ctxs.json"],
  },
  {
    exchange: "hyperliquid",
    request: info({ type: "perpDexs" }),
    one: [1],
    keys: "name assetToFundingMultiplier",
    recorded: ["perp-dexs.json"],
  },
  {
    exchange: "hyperliquid",
    request: info({ type: "spotMeta" }),
    rows: ["tokens"],
    keys: "name index",
    recorded: [],
  },
  {
    exchange: "hyperliquid",
    request: info({ type: "predictedFundings" }),
    one: [0, 1, 1, 1],
    keys: "fundingRate nextFundingTime fundingIntervalHours",
    recorded: ["predicted-fundings.json"],
  },
  {
    exchange: "kraken",
    request: { path: "/derivatives/api/v3/tickers" },
    rows: ["tickers"],
    keys: "symbol last lastTime",
    recorded: ["tickers.json"],
  },
  {
    exchange: "kraken",
    request: { path: "/derivatives/api/v3/instruments" },
    rows: ["instruments"],
    keys: "symbol type tradeable base quote pair",
    recorded: ["instruments.json"],
  },
];
