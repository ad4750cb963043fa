import { expect, test } from "bun:test";
import { binance } from "../../../src/exchanges/binance.ts";
import { RequestFailure } from "../../../src/lib/request-failure.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";
import { recordedRow } from "../../support/recorded-row.ts";

const NOT_RECORDED = new RequestFailure("http", "not recorded");

/** The recorded list has few fields: missing ones are added from `added`. */
function joined(info: unknown, added: (symbol: string) => object): unknown {
  const { symbols } = Object(info);
  return { symbols: symbols.map((row: { symbol: string }) => ({ ...added(row.symbol), ...row })) };
}

async function refresh(nowMs: number, bodies: Readonly<Record<string, unknown>>) {
  const source = memorySource(bodies, { nowMs, rotationsEmpty: true });
  return binance.refresh(source);
}

describeRecorded("binance, recorded on 2026-09-13", (read) => {
  const file = (name: string): Promise<unknown> => read("binance", `live-2026-09/${name}.json`);

  test("coins at 14:14: rates, intervals, prices and volume; the list has no coins, so they are added", async () => {
    const { quotes, rejects } = await refresh(Date.UTC(2026, 8, 13, 14, 14, 57), {
      "/fapi/v1/premiumIndex": await file("premiumIndex"),
      "/fapi/v1/fundingInfo": await file("fundingInfo"),
      "/fapi/v1/ticker/24hr": await file("ticker-24hr"),
      "/fapi/v1/exchangeInfo": joined(await file("exchangeInfo"), (symbol) => ({
        baseAsset: symbol.slice(0, 3),
        marginAsset: "USDT",
        underlyingType: "COIN",
      })),
    });
    expect(rejects).toEqual([]);
    // nextFundingTime 1789315200000 is 16:00 UTC.
    expect(quotes.map(recordedRow)).toEqual([
      "LPTUSDT LPT crypto 0.00005 4h 2026-09-13T16:00 1.415 1.41617059 - 1914685 - -",
      "ETHUSDT ETH crypto -0.00001791 8h 2026-09-13T16:00 2483.7 2484.94534884 - 4754722286 - -",
      "BTCUSDT BTC crypto 0.0000668 8h 2026-09-13T16:00 76979.733971 77007.7478261 - 4162017096 - -",
    ]);
    // interestRate 0.0001 is per 8 h: 0.00005 at 4 h, LPT's baseline.
    expect(quotes.map((quote) => quote.baselineRate)).toEqual([0.00005, 0.0001, 0.0001]);
  });

  test("classes at 21:16: what is pre-market or dated is not shown", async () => {
    const { quotes, rejects, expected } = await refresh(Date.UTC(2026, 8, 13, 21, 16, 53), {
      "/fapi/v1/premiumIndex": await file("premiumIndex-tradfi"),
      "/fapi/v1/fundingInfo": await file("fundingInfo-tradfi"),
      "/fapi/v1/ticker/24hr": NOT_RECORDED,
      "/fapi/v1/exchangeInfo": joined(await file("exchangeInfo-tradfi"), () => ({
        marginAsset: "USDT",
      })),
    });
    expect({ rejects, expected }).toEqual({ rejects: [], expected: 8 });
    // nextFundingTime 1789344000000 is midnight.
    expect(quotes.map(recordedRow)).toEqual([
      "CATUSDT CAT stock 0 8h 2026-09-14T00:00 817.85228986 817.85228986 - - - -",
      "1000CATUSDT 1000*CAT crypto 0.00005 4h 2026-09-14T00:00 0.00211281 0.00211457 - - - -",
      "BBUSDT BB crypto 0.00005 4h 2026-09-14T00:00 0.00806479 0.00807143 - - - -",
      // COMMODITY covers metals too: no class of the exchange's own.
      "XAUUSDT XAU - 0 4h 2026-09-14T00:00 4348.44 4348.27791278 - - - -",
      "PAXGUSDT PAXG crypto 0.00001217 4h 2026-09-14T00:00 4346.32 4348.44993703 - - - -",
      "TSLAUSDT TSLA stock 0 8h 2026-09-14T00:00 362.94 362.81646939 - - - -",
      "BTCDOMUSDT BTCDOM index 0.0001 8h 2026-09-14T00:00 5194.8 5192.01914984 - - - -",
      "SPYUSDT SPY etf 0 8h 2026-09-14T00:00 761.42653237 761.34291457 - - - -",
    ]);
  });
});
