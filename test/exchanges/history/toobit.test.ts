import { toobit } from "../../../src/exchanges/toobit.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: toobit,
  recorded: [
    {
      file: "historyFundingRate.json",
      exchangeSymbol: "BTC-SWAP-USDT",
      rows: 1,
      first: {
        atMs: 1_755_936_000_000,
        rate: "0.0001",
        intervalHours: null,
        markPrice: null,
      },
    },
    {
      file: "live-2026-09/historyFundingRate-btc.json",
      exchangeSymbol: "BTC-SWAP-USDT",
      rows: 5,
      first: {
        atMs: 1_789_315_200_000,
        rate: "0.0000645",
        intervalHours: 8,
        markPrice: null,
      },
    },
  ],
});
