import { expect, test } from "bun:test";
import { describeRecorded } from "../support/recorded.ts";
import {
  APPLE,
  BODIES,
  INSTRUMENTS,
  INVERSE,
  PEPE,
  SERVER_TIME,
  TICKERS,
  instrument,
  refresh,
  ticker,
} from "./kraken-payloads.ts";

describeRecorded("kraken, recorded", (read) => {
  test("the tickers, joined to a made-up instrument for the one linear perpetual", async () => {
    const bodies = {
      [TICKERS]: await read("kraken", "tickers.json"),
      [INSTRUMENTS]: { result: "success", instruments: [instrument("PF_ENJUSD", { base: "ENJ" })] },
    };
    const { quotes, rejects, unlisted } = await refresh(bodies, Date.UTC(2025, 10, 17, 0, 34, 38));
    expect({ rejects, unlisted }).toEqual({ rejects: [], unlisted: 0 });
    expect(quotes).toMatchObject([
      { base: "ENJ", nextFundingAtMs: Date.UTC(2025, 10, 17, 1), volume24hUsd: 73.5216 },
    ]);
    expect(quotes[0]?.fundingRate).toBeCloseTo(-7.56414717067e-7 / 0.043391, 12);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo(72513 * 0.0434, 6);
  });

  test("the instruments, joined to made-up tickers: the inverse one is skipped", async () => {
    const bodies = {
      ...BODIES,
      [INSTRUMENTS]: await read("kraken", "instruments.json"),
      [TICKERS]: {
        result: "success",
        serverTime: SERVER_TIME,
        tickers: [INVERSE, ticker("PF_ETHUSD"), PEPE, APPLE],
      },
    };
    const { quotes, expected, rejects } = await refresh(bodies);
    expect({ expected, rejects }).toEqual({ expected: 3, rejects: [] });
    expect(quotes.map(({ base, rateCap }) => [base, rateCap])).toEqual([
      ["ETH", 0.0025],
      ["PEPE", 0.0025],
      ["AAPL", 0.0025],
    ]);
    expect(quotes[1]?.listedAtMs).toBe(Date.UTC(2023, 4, 25, 10, 52, 25));
  });

  test("the single ticker has no rate: not a list by itself, a reject inside one", async () => {
    const body = await read("kraken", "tickers-symbol.json");
    const alone = await refresh({ ...BODIES, [TICKERS]: body }).catch((error: unknown) => error);
    expect(alone).toMatchObject({ kind: "bad_envelope" });
    const row: unknown =
      typeof body === "object" && body !== null ? Reflect.get(body, "ticker") : null;
    const { quotes, rejects } = await refresh({
      ...BODIES,
      [TICKERS]: { result: "success", serverTime: SERVER_TIME, tickers: [row] },
    });
    expect(quotes).toEqual([]);
    expect(rejects).toMatchObject([{ exchangeSymbol: "PF_XBTUSD", reason: "bad_rate" }]);
  });
});
