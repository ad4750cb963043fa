import { weex } from "../../../src/exchanges/weex.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: weex,
  recorded: [
    {
      file: "fundingRate-history.json",
      exchangeSymbol: "ETHUSDT",
      rows: 1,
      first: {
        atMs: 1_775_577_600_000,
        rate: "0.00001031",
        intervalHours: null,
        markPrice: 2079.26,
      },
    },
    {
      file: "live-2026-09/fundingRate-history-btc.json",
      exchangeSymbol: "BTCUSDT",
      rows: 5,
      first: {
        atMs: 1_789_315_200_000,
        rate: "0.00006450",
        intervalHours: null,
        markPrice: 77_099.6,
      },
    },
  ],
});
