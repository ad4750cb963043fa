import type { DemoRequest } from "../simulator.ts";
import type { DemoWire } from "./wire.ts";

const info = (body: unknown): DemoRequest => ({ path: "/info", body });

export const hyperliquid: DemoWire = {
  exchange: "hyperliquid",
  shown: 380,
  skipped: ["settling", "halted", "pre_market"],
  payloads: [
    {
      request: info({ type: "metaAndAssetCtxs" }),
      rows: [1],
      keys: "funding openInterest markPx oraclePx midPx premium impactPxs dayNtlVlm dayBaseVlm prevDayPx",
      recorded: ["meta-and-asset-ctxs.json"],
      rates: { rate: "funding", prices: ["markPx", "oraclePx"], stamps: [] },
    },
    {
      request: info({ type: "metaAndAssetCtxs", dex: "xyz" }),
      rows: [0, "universe"],
      keys: "name szDecimals maxLeverage",
      recorded: ["meta-and-asset-ctxs.json"],
    },
    {
      request: info({ type: "perpDexs" }),
      one: [1],
      keys: "name assetToFundingMultiplier",
      recorded: ["perp-dexs.json"],
    },
    {
      request: info({ type: "spotMeta" }),
      rows: ["tokens"],
      keys: "name index",
    },
    {
      request: info({ type: "predictedFundings" }),
      one: [0, 1, 1, 1],
      keys: "fundingRate nextFundingTime fundingIntervalHours",
      recorded: ["predicted-fundings.json"],
    },
    {
      request: info({ type: "fundingHistory", coin: "BTC", startTime: 1_790_000_000_000 }),
      rows: [],
      keys: "coin fundingRate premium time",
      recorded: ["live-2026-09/funding-history-btc.json", "live-2026-09/funding-history-xyz.json"],
    },
  ],
  // Refusals are plain text.
  refusals: [
    // A history without a start.
    { request: info({ type: "fundingHistory", coin: "BTC" }), status: 422, body: "" },
    { request: { path: "/info" }, status: 405, body: "" },
    // A body that is not an object.
    { request: info("metaAndAssetCtxs"), status: 422, body: "" },
    { request: info({ type: "x" }), status: 422, body: "" },
    { request: info({}), status: 422, body: "" },
    { request: info({ type: "metaAndAssetCtxs", dex: 1 }), status: 422, body: "" },
    { request: info({ type: "metaAndAssetCtxs", dex: "x" }), status: 500, body: "" },
    { request: { path: "/exchange", body: { type: "x" } }, status: 404, body: "" },
  ],
};
