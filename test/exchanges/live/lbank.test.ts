import { expect, test } from "bun:test";
import { lbank } from "../../../src/exchanges/lbank.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";
import { recordedRow } from "../../support/recorded-row.ts";

const AT = Date.UTC(2026, 8, 13, 22, 12, 59);

describeRecorded("lbank, recorded on 2026-09-13", (read) => {
  const file = (name: string): Promise<unknown> => read("lbank", `live-2026-09/${name}.json`);
  const refresh = async () => {
    const bodies = {
      "/cfd/openApi/v1/pub/marketData?productGroup=SwapU": await file("marketData"),
      "/cfd/openApi/v1/pub/instrument?productGroup=SwapU": await file("instrument"),
    };
    return lbank.refresh(memorySource(bodies, { nowMs: AT }));
  };

  test("nine contracts with every figure, including two with trading hours; 10TA has no rate", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh();
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 10, unlisted: 0 });
    const midnight = "2026-09-14T00:00";
    // positionFeeTime: 28,800 s are 8 h, 14,400 s 4 h, 3,600 s 1 h. Volume is turnover.
    expect(quotes.map(recordedRow)).toEqual([
      `BTCUSDT BTC - 0.00007709 8h ${midnight} 76926.6 76955.1 - 240366999 - -`,
      `ETHUSDT ETH - 0.00006659 8h ${midnight} 2489.41 2490.61 - 169322756 - -`,
      `PUMPUSDT PUMP - -0.000012 4h ${midnight} 0.003534 0.003536 - 2081929 - -`,
      "VRTUSDT VRT - 0 1h 2026-09-13T23:00 255.83 255.98 - 166532 - -",
      `1000BTTCUSDT 1000*BTTC - -0.00330952 8h ${midnight} 0.0003331 0.0003348 - 210609 - -`,
      `GOLDUSDT GOLD - 0 4h ${midnight} 4335.07 4333.31 - 88089550 - -`,
      `MUSTOCKUSDT MUSTOCK - 0 8h ${midnight} 937.56 941.01 - 40192267 - -`,
      `CEGUSDT CEG - 0 4h ${midnight} 285.25 285.96 - 1317520 - -`,
      `SUGARUSDT SUGAR - 0 8h ${midnight} 0.1816 0.1816 - 1260117 - -`,
    ]);
  });

  test("turnover is one side: volume x last price is the same amount", async () => {
    const { data } = Object(await file("marketData"));
    const [btc] = data;
    // 3,120.1692 x 76,918.8 is 239,999,671, and the turnover 240,366,999: 1.0015 of it.
    expect(btc).toMatchObject({ volume: "3120.1692", lastPrice: "76918.8" });
    expect(btc.turnover / (btc.volume * btc.lastPrice)).toBeCloseTo(1.0015, 4);
    expect((await refresh()).quotes[0]?.volume24hUsd).toBeCloseTo(240366999.2, 1);
  });

  test("a row of a closed market keeps its own time", async () => {
    const { quotes } = await refresh();
    const sugar = quotes.find(({ base }) => base === "SUGAR");
    expect(sugar?.exchangeTimeMs).toBe(1789337299_000);
  });
});
