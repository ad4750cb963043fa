import type { DemoWire } from "./wire.ts";

const PUB = "/cfd/openApi/v1/pub/";

export const lbank: DemoWire = {
  exchange: "lbank",
  // 845 rows, less seven without a rate.
  shown: 838,
  skipped: ["other"],
  payloads: [
    {
      request: { path: `${PUB}marketData?productGroup=SwapU` },
      rows: ["data"],
      // Seven rows have no fundingRate, some of them no positionFeeTime either.
      keys: "symbol underlyingPrice markedPrice lastPrice volume turnover instrumentStatus lastTime",
      // The newer recording has its numbers as strings, unlike the wire.
      recorded: ["marketData-2023-shape.json"],
    },
    {
      request: { path: `${PUB}instrument?productGroup=SwapU` },
      rows: ["data"],
      keys: "symbol symbolAlias baseCurrency priceCurrency clearCurrency volumeMultiple needSuspend",
      recorded: ["instrument.json"],
    },
  ],
  refusals: [
    {
      request: { path: `${PUB}marketData` },
      status: 200,
      body: { data: [], error_code: 0, msg: "Success", result: "true", success: true },
    },
    {
      request: { path: `${PUB}instrument?productGroup=SwapX` },
      status: 200,
      body: { data: [], success: true },
    },
    { request: { path: `${PUB}nothing` }, status: 403, body: "403 Forbidden" },
  ],
};
