import { describe, expect, test } from "bun:test";
import { backpack } from "../../../src/exchanges/backpack.ts";
import { Market } from "../../../src/simulator/running-market.ts";
import { testHistory, walked } from "../../support/history-suite.ts";
import { simulatorHttp } from "../../support/simulator-http.ts";

const unstated = { intervalHours: null, markPrice: null };

testHistory({
  exchange: backpack,
  recorded: [
    {
      file: "funding-rates-history.json",
      exchangeSymbol: "BTC_USDC_PERP",
      rows: 1,
      // The time has no zone and is in UTC.
      first: { atMs: Date.UTC(2025, 6, 22), rate: "0.0001", ...unstated },
    },
    {
      file: "live-2026-09/fundingRates-btc.json",
      exchangeSymbol: "BTC_USDC_PERP",
      rows: 6,
      first: { atMs: Date.UTC(2026, 8, 13, 23), rate: "0.000001254", ...unstated },
    },
  ],
});

describe("payments of Backpack", () => {
  test("do not include the running hour, and continue where a page ended", async () => {
    const nowMs = Date.UTC(2026, 10, 2, 12, 17);
    const market = new Market({ nowMs: () => nowMs, scale: 0.2, maxPastRows: 700 });
    const { history } = backpack;
    if (history?.kind !== "settlements") throw new Error("no settlements");
    const http = simulatorHttp(market, "backpack");
    const exchangeSymbol = "BTC_USDC_PERP";
    const instrument = { exchangeSymbol, intervalHours: 1, key: null };
    const page = { instrument, fromMs: 0, toMs: nowMs, page: 1, cursor: null };
    expect((await history.load(http, page)).rows[0]?.atMs).toBeGreaterThan(nowMs);
    const { rows } = await walked(history, http, instrument, { fromMs: 0, toMs: nowMs });
    expect(rows[0]?.atMs).toBe(Date.UTC(2026, 10, 2, 12));
    const offsets = http.requests.map((path) => path.split("offset=")[1]);
    expect(offsets.slice(0, 3)).toEqual(["0", "0", "700"]);
  });
});
