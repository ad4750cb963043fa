import { expect, test } from "bun:test";
import { okx } from "../../../src/exchanges/okx.ts";
import { RequestFailure } from "../../../src/lib/request-failure.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";
import { recordedRow } from "../../support/recorded-row.ts";

const AT = Date.UTC(2026, 8, 11, 17, 18, 40);

describeRecorded("okx, recorded on 2026-09-11 and 13", (read) => {
  const file = (name: string): Promise<unknown> => read("okx", `live-2026-09/${name}.json`);
  const bodies = async (): Promise<Record<string, unknown>> => ({
    "/api/v5/public/funding-rate?instId=ANY": await file("funding-rate"),
    "/api/v5/public/instruments?instType=SWAP": await file("instruments-swap"),
    "/api/v5/public/mark-price?instType=SWAP": await file("mark-price"),
    "/api/v5/public/open-interest?instType=SWAP": await file("open-interest-swap"),
    "/api/v5/market/tickers?instType=SWAP": await file("market-tickers-swap"),
    "/api/v5/market/index-tickers?quoteCcy=USDT": new RequestFailure("http", "not recorded"),
  });
  const refresh = (from: Readonly<Record<string, unknown>>) =>
    okx.refresh(memorySource(from, { nowMs: AT }));

  test("three swaps with every figure; the inverse one and the X-Perp are not shown, DOGE has no rate", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(await bodies());
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 4, unlisted: 0 });
    // The running periods: 16:00 to 00:00 is 8 h (28,800,000 ms), 16:00 to 20:00 is 4 h. Open interest is oiUsd.
    expect(quotes.map(recordedRow)).toEqual([
      // Volume 110,381.4949 coins x 77,769.5.
      "BTC-USDT-SWAP BTC crypto 0.0000593556502673 8h 2026-09-12T00:00 77760.9 - 2146320022 8584313668 -0.00375 0.00375",
      // 4,950,767.36 x 2,574.81.
      "ETH-USDT-SWAP ETH crypto 0.0000662141760313 8h 2026-09-12T00:00 2573.89 - 1653362619 12747285306 -0.0075 0.0075",
      // 250,148,200 x 0.04802.
      "CHIP-USDT-SWAP CHIP crypto 0.00005 4h 2026-09-11T20:00 0.04798 - 2973868 12012117 -0.01 0.01",
    ]);
    // The interest of 0.0001 is per 8 h: half of it at 4 h, CHIP's baseline.
    expect(quotes.map((quote) => [quote.settledRate, quote.baselineRate])).toEqual([
      [0.0000599316422609, 0.0001],
      [0.0001, 0.0001],
      [0.00005, 0.00005],
    ]);
  });

  test("the settled rate is the newest of the history", async () => {
    const history = Object(await file("funding-rate-history-btc"));
    expect(history.data[0]).toMatchObject({
      realizedRate: "0.0000599316422609",
      fundingTime: "1789142400000",
    });
    const { quotes } = await refresh(await bodies());
    expect(quotes[0]).toMatchObject({
      settledRate: 0.0000599316422609,
      settledAtMs: 1789142400000,
    });
  });

  test("classes: the list has few fields, the others are added", async () => {
    const list = Object(await file("instruments-swap-classes"));
    const joined = { instType: "SWAP", ctType: "linear", ruleType: "normal", settleCcy: "USDT" };
    const data = list.data.map((row: object) => ({ ...row, ...joined }));
    const rates = data.map(({ instId }: { readonly instId: string }) => ({
      instId,
      instType: "SWAP",
      fundingRate: "0",
      fundingTime: "1789171200000",
      prevFundingTime: "1789142400000",
    }));
    const { quotes } = await refresh({
      ...(await bodies()),
      "/api/v5/public/instruments?instType=SWAP": { ...list, data },
      "/api/v5/public/funding-rate?instId=ANY": { code: "0", msg: "", data: rates },
    });
    expect(quotes.map(({ base, assetClass }) => [base, assetClass])).toEqual([
      ["STX", "crypto"],
      ["AI", "crypto"],
      ["SPX", "crypto"],
      ["QNT", "stock"],
      ["BB", "stock"],
      ["ON", "stock"],
      ["PURR", "stock"],
      ["US500", "stock"],
      ["JP225", "stock"],
      ["XAU", "metal"],
    ]);
  });
});
