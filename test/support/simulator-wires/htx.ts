import type { DemoWire } from "./wire.ts";

const V1 = "/linear-swap-api/v1/";

export const htx: DemoWire = {
  exchange: "htx",
  shown: 353,
  skipped: ["dated", "halted", "gone"],
  payloads: [
    {
      request: { path: `${V1}swap_batch_funding_rate` },
      rows: ["data"],
      keys: "estimated_rate funding_rate contract_code symbol fee_asset funding_time next_funding_time trade_partition",
      recorded: ["swap_batch_funding_rate.json", "live-2026-09/swap_batch_funding_rate.json"],
    },
    {
      request: { path: `${V1}swap_funding_rate?contract_code=BTC-USDT` },
      one: ["data"],
      keys: "funding_rate contract_code funding_time",
      recorded: ["swap_funding_rate-2026.json"],
    },
    {
      request: { path: `${V1}swap_index` },
      rows: ["data"],
      keys: "index_price index_ts contract_code",
      recorded: ["live-2026-09/swap_index.json"],
    },
    {
      request: { path: `${V1}swap_open_interest` },
      rows: ["data"],
      keys: "volume amount value contract_code trade_amount trade_turnover",
      recorded: ["swap_open_interest.json", "live-2026-09/swap_open_interest.json"],
    },
    {
      request: { path: `${V1}swap_contract_info?business_type=swap` },
      rows: ["data"],
      keys: "symbol contract_code contract_size contract_status settlement_date settlement_period business_type contract_type trade_partition labels tradfi_labels",
      recorded: [
        "swap_contract_info.json",
        "swap_contract_info-2022.json",
        "live-2026-09/swap_contract_info.json",
      ],
    },
    {
      request: { path: "/v5/market/funding_rate?contract_code=BTC-USDT,ETH-USDT" },
      rows: ["data"],
      keys: "contract_code funding_rate funding_time next_funding_time min_funding_rate max_funding_rate",
      recorded: ["v5-funding_rate.json"],
    },
    {
      request: { path: `${V1}swap_historical_funding_rate?contract_code=BTC-USDT` },
      rows: ["data", "data"],
      keys: "avg_premium_index trade_partition funding_rate realized_rate funding_time contract_code symbol fee_asset",
      recorded: ["live-2026-09/swap_historical_funding_rate-jp225.json"],
    },
  ],
  refusals: [
    {
      request: { path: `${V1}swap_historical_funding_rate?contract_code=NOPE-USDT` },
      status: 200,
      body: { status: "error", err_code: 1014 },
    },
    {
      request: { path: `${V1}swap_open_interest?contract_code=NOPE-USDT` },
      status: 200,
      body: { status: "error", err_code: 1014, err_msg: "This contract doesnt exist." },
    },
    { request: { path: "/v5/market/funding_rate" }, status: 200, body: { code: 1066 } },
    {
      request: { path: `/v5/market/funding_rate?contract_code=${"A-USDT,".repeat(11)}` },
      status: 200,
      body: { code: 1067 },
    },
    { request: { path: `${V1}nothing` }, status: 404, body: { status: "error" } },
  ],
};
