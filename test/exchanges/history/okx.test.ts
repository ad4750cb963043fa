import { okx } from "../../../src/exchanges/okx.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: okx,
  recorded: [
    {
      file: "live-2026-09/funding-rate-history-btc.json",
      exchangeSymbol: "BTC-USDT-SWAP",
      rows: 3,
      first: {
        atMs: 1_789_142_400_000,
        rate: "0.0000599316422609",
        intervalHours: null,
        markPrice: null,
      },
    },
  ],
});
