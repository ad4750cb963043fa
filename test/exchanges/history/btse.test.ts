import { btse } from "../../../src/exchanges/btse.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: btse,
  recorded: [
    {
      file: "recentFundingHistory.json",
      exchangeSymbol: "BTC-PERP-USDT",
      rows: 1,
      first: {
        atMs: 1_786_003_200_911,
        rate: "0.0000152",
        intervalHours: null,
        markPrice: null,
      },
    },
  ],
});
