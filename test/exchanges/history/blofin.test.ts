import { blofin } from "../../../src/exchanges/blofin.ts";
import { testHistory } from "../../support/history-suite.ts";

const unstated = { intervalHours: null, markPrice: null };

testHistory({
  exchange: blofin,
  recorded: [
    {
      file: "funding-rate-history.json",
      exchangeSymbol: "BTC-USDT",
      rows: 1,
      first: { atMs: 1_703_462_400_000, rate: "0.000335", ...unstated },
    },
    {
      file: "live-2026-09/funding-rate-history-btc.json",
      exchangeSymbol: "BTC-USDT",
      rows: 5,
      first: { atMs: 1_789_315_200_000, rate: "0.000184", ...unstated },
    },
  ],
});
