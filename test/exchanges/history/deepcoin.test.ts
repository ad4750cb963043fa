import { describe, expect, test } from "bun:test";
import { deepcoin } from "../../../src/exchanges/deepcoin.ts";
import { Market } from "../../../src/simulator/running-market.ts";
import { testHistory, walked } from "../../support/history-suite.ts";
import { simulatorHttp } from "../../support/simulator-http.ts";

testHistory({
  exchange: deepcoin,
  recorded: [
    {
      file: "fund-rate-history.json",
      // The recorded contract is an inverse one.
      exchangeSymbol: "ETH-USD-SWAP",
      rows: 2,
      first: {
        atMs: 1_760_860_800_000,
        rate: "0.00046493",
        intervalHours: null,
        markPrice: null,
      },
    },
  ],
});

describe("payments of Deepcoin", () => {
  test("come in pages of twenty, by the name without dashes, whatever size is requested", async () => {
    const nowMs = Date.UTC(2026, 10, 2, 12, 17);
    const market = new Market({ nowMs: () => nowMs, scale: 0.2 });
    const { history } = deepcoin;
    if (history?.kind !== "settlements") throw new Error("no settlements");
    const http = simulatorHttp(market, "deepcoin");
    const exchangeSymbol = "BTC-USDT-SWAP";
    const instrument = { exchangeSymbol, intervalHours: null, key: null };
    const fromMs = market.payments("deepcoin", exchangeSymbol)?.at(-50)?.slotMs ?? 0;
    const { rows } = await walked(history, http, instrument, { fromMs, toMs: nowMs });
    expect(rows).toHaveLength(50);
    expect(http.requests).toEqual(
      [1, 2, 3].map(
        (page) => `/deepcoin/trade/fund-rate/history?instId=BTCUSDT&page=${page}&size=100`,
      ),
    );
  });
});
