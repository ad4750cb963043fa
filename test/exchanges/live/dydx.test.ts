import { expect, test } from "bun:test";
import { dydx } from "../../../src/exchanges/dydx.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";
import { recordedRow } from "../../support/recorded-row.ts";

describeRecorded("dydx, recorded on 2026-09-11 and 13", (read) => {
  const file = (name: string): Promise<unknown> => read("dydx", `live-2026-09/${name}.json`);
  const refresh = async (name: string, nowMs: number) =>
    dydx.refresh(memorySource({ "/v4/perpetualMarkets": await file(name) }, { nowMs }));

  test("three coins at 17:28, charged at 18:00; the settled MATIC is not shown", async () => {
    const { quotes, rejects } = await refresh(
      "perpetual-markets",
      Date.UTC(2026, 8, 11, 17, 28, 0),
    );
    expect(rejects).toEqual([]);
    // No margins in this recording, hence no caps. Open interest is openInterest x oraclePrice.
    expect(quotes.map(recordedRow)).toEqual([
      // 194.239 x 77,862.55687.
      "BTC-USD BTC - 0 1h 2026-09-11T18:00 77862.55687 77862.55687 15123945 3889329 - -",
      // 3,976.853 x 2,577.379583; -0.00000022767857142857 an hour.
      "ETH-USD ETH - -2.2767857142857e-7 1h 2026-09-11T18:00 2577.379583 2577.379583 10249860 7656689 - -",
      // 28,956 x 11.775911208.
      "LINK-USD LINK - 0.00001665625 1h 2026-09-11T18:00 11.775911208 11.775911208 340983 26889 - -",
    ]);
  });

  test("metals and oil at 21:16: six times the gap of the margins, 0.2 minus 0.1, is 0.6 in 8 h and 0.075 an hour", async () => {
    const { quotes, rejects } = await refresh(
      "perpetual-markets-tradfi",
      Date.UTC(2026, 8, 13, 21, 16, 50),
    );
    expect(rejects).toEqual([]);
    const ten = "2026-09-13T22:00";
    expect(quotes.map(recordedRow)).toEqual([
      // 303.1 x 64.4546899999.
      `XAG-USD XAG - 0 1h ${ten} 64.4546899999 64.4546899999 19536 77 -0.075 0.075`,
      // 69.4 x 97.3420399999.
      `WTI-USD WTI - 0 1h ${ten} 97.3420399999 97.3420399999 6756 5853 -0.075 0.075`,
      // 19.219 x 4,347.6.
      `PAXG-USD PAXG - 0 1h ${ten} 4347.6 4347.6 83557 28514 -0.075 0.075`,
    ]);
  });

  test("the history is hourly, with rates of the shown one's magnitude", async () => {
    const { historicalFunding } = Object(await file("historical-funding-link"));
    const hours = historicalFunding.map((row: { effectiveAt: string }) =>
      row.effectiveAt.slice(11, 16),
    );
    expect(hours).toEqual(["17:00", "16:00", "15:00", "14:00", "13:00"]);
    expect(historicalFunding[0]).toMatchObject({ ticker: "LINK-USD", rate: "0.000004125" });
  });
});
