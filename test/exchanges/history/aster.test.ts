import { aster } from "../../../src/exchanges/aster.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: aster,
  recorded: [
    {
      file: "funding-rate-history.json",
      exchangeSymbol: "BTCUSDT",
      rows: 2,
      first: {
        atMs: 1_570_608_000_000,
        rate: "-0.03750000",
        intervalHours: null,
        markPrice: null,
      },
    },
  ],
});
