import { expect, test } from "bun:test";
import { mexc } from "../../../src/exchanges/mexc.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";
import { recordedRow } from "../../support/recorded-row.ts";

const AT = Date.UTC(2026, 8, 11, 17, 28, 5);

describeRecorded("mexc, recorded on 2026-09-11", (read) => {
  const file = (name: string): Promise<unknown> => read("mexc", `live-2026-09/${name}.json`);
  const refresh = async () => {
    // The rates were requested one by one; the bulk form is a list of the same objects.
    const rates = [
      Object(await file("funding_rate-btc")).data,
      Object(await file("funding_rate-xau")).data,
    ];
    const bodies = {
      "/api/v1/contract/funding_rate": { success: true, code: 0, data: rates },
      "/api/v1/contract/ticker": await file("ticker"),
      "/api/v1/contract/detail": await file("contract-detail"),
    };
    return mexc.refresh(memorySource(bodies, { nowMs: AT }));
  };

  test("two contracts with every figure; ETH has no rate, TON is not in the list", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh();
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 3, unlisted: 0 });
    // Open interest is holdVol x contractSize x fairPrice of the rates, volume is amount24.
    expect(quotes.map(recordedRow)).toEqual([
      // 417,583,841 x 0.0001 x 77,825.5.
      "BTC_USDT BTC - 0.000029 8h 2026-09-12T00:00 77825.5 77863.3 3249867122 4750304885 -0.0018 0.0018",
      // 63,412,274 x 0.001 x 4,372.35.
      "XAU_USDT XAU - 0.000147 4h 2026-09-11T20:00 4372.35 4369.55 277260656 828361160 -0.03 0.03",
    ]);
  });

  test("the history's newest, 0.000036 at 16:00, is settled; the rate shown is the running one", async () => {
    const { data } = Object(await file("funding_rate_history-btc"));
    const settled = { fundingRate: 0.000036, settleTime: Date.UTC(2026, 8, 11, 16) };
    expect(data.resultList[0]).toMatchObject(settled);
    expect((await refresh()).quotes[0]?.fundingRate).toBe(0.000029);
  });
});
