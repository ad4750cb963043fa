import { describe, expect, test } from "bun:test";
import { dydx } from "../../../src/exchanges/dydx.ts";
import { Market } from "../../../src/simulator/running-market.ts";
import { testHistory } from "../../support/history-suite.ts";
import { simulatorHttp } from "../../support/simulator-http.ts";

testHistory({
  exchange: dydx,
  recorded: [
    {
      file: "historical-funding.json",
      exchangeSymbol: "BTC-USD",
      rows: 3,
      first: {
        atMs: 1_765_209_600_219,
        rate: "0.000002375",
        intervalHours: null,
        markPrice: 89_993.8,
      },
    },
    {
      file: "live-2026-09/historical-funding-link.json",
      exchangeSymbol: "LINK-USD",
      rows: 5,
      first: {
        atMs: 1_789_146_000_234,
        rate: "0.000004125",
        intervalHours: null,
        markPrice: 11.792210428,
      },
    },
  ],
});

describe("payments of dYdX", () => {
  test("are read of markets whose names have commas", async () => {
    const nowMs = Date.UTC(2026, 10, 2, 12, 17);
    const market = new Market({ nowMs: () => nowMs });
    const names = market.truth("dydx").instruments.map((row) => row.exchange_symbol);
    const exchangeSymbol = names.find((name) => name.includes(",")) ?? "";
    const { history } = dydx;
    if (history?.kind !== "settlements") throw new Error("no settlements");
    const http = simulatorHttp(market, "dydx");
    const instrument = { exchangeSymbol, intervalHours: 1, key: null };
    const request = { instrument, fromMs: 0, toMs: nowMs, page: 1, cursor: null };
    const { rows } = await history.load(http, request);
    expect(exchangeSymbol).toContain(",");
    expect(rows).toHaveLength(100);
    const { index = 0 } = market.payments("dydx", exchangeSymbol)?.at(-1) ?? {};
    expect(rows[0]?.markPrice).toBeCloseTo(index, 6);
  });
});
