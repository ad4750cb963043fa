import { expect, test } from "bun:test";
import { kucoin } from "../../../src/exchanges/kucoin.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";
import { recordedRow } from "../../support/recorded-row.ts";

describeRecorded("kucoin, recorded on 2026-09-11 and 13", (read) => {
  const file = (name: string): Promise<unknown> => read("kucoin", `live-2026-09/${name}.json`);
  const refresh = (body: unknown, nowMs: number) =>
    kucoin.refresh(memorySource({ "/api/v1/contracts/active": body }, { nowMs }));
  const first = async () =>
    refresh(await file("contracts-active"), Date.UTC(2026, 8, 11, 17, 18, 40));

  test("four contracts with every figure; the inverse one is not shown", async () => {
    const { quotes, rejects } = await first();
    expect(rejects).toEqual([]);
    // Open interest is openInterest x multiplier x markPrice, volume is turnoverOf24h.
    expect(quotes.map(recordedRow)).toEqual([
      // 11,784,994 x 0.001 x 77,754.7; granularity 28,800,000 ms.
      "XBTUSDTM BTC crypto 0.000037 8h 2026-09-12T00:00 77754.7 77783.14 916338673 511004312 -0.003 0.003",
      // 15,548,057 x 0.01 x 2,573.6.
      "ETHUSDTM ETH crypto 0.000056 8h 2026-09-12T00:00 2573.6 2574.79 400144795 568597249 -0.00375 0.00375",
      // 1,858,612 x 10 x 0.1946; 14,400,000 ms.
      "WIFUSDTM WIF crypto 0.00005 4h 2026-09-11T20:00 0.1946 0.1947 3616859 4780193 -0.02 0.02",
      // 7,592,542 x 100 x 0.08549; the current granularity is null, the general one 28,800,000 ms.
      "DOGEUSDTM DOGE crypto 0.000027 8h 2026-09-12T00:00 0.08549 0.08554 64908642 25566153 -0.00525 0.00525",
    ]);
  });

  test("dailyInterestRate 0.0003 is 0.0001 in 8 h and 0.00005 in 4 h, where WIF rests", async () => {
    const { quotes } = await first();
    const resting = quotes.map((quote) => Number(quote.baselineRate?.toPrecision(9)));
    expect(resting).toEqual([0.0001, 0.0001, 0.00005, 0.0001]);
  });

  test("takerFeeRate 0.0006 of every contract is 6 basis points", async () => {
    const { quotes } = await first();
    expect(quotes.map((quote) => quote.takerFeeBps)).toEqual([6, 6, 6, 6]);
  });

  test("classes: the rows have few fields, the coins of quote and settlement are added", async () => {
    const { code, data } = Object(await file("contracts-active-classes"));
    const joined = data.map((row: object) => ({
      quoteCurrency: "USDT",
      settleCurrency: "USDT",
      marketStage: "NORMAL",
      ...row,
    }));
    const { quotes, rejects } = await refresh(
      { code, data: joined },
      Date.UTC(2026, 8, 13, 21, 16, 50),
    );
    expect(rejects).toEqual([]);
    const midnight = "2026-09-14T00:00";
    expect(quotes.map(recordedRow)).toEqual([
      // 5,698,215 x 10 x 0.00807.
      `BBUSDTM BB crypto 0.00005 4h ${midnight} 0.00807 0.00807 459846 35216 - -`,
      // 759,956 x 10 x 0.13862.
      `ONUSDTM ON crypto 0.00005 4h ${midnight} 0.13862 0.13867 1053451 19592 - -`,
      // 1,044,536 x 0.01 x 64.32.
      `QNTUSDTM QNT crypto 0.0001 8h ${midnight} 64.32 64.36 671846 39132 - -`,
      // 7,733,574 x 1 x 0.2708.
      `STXUSDTM STX crypto 0.0001 8h ${midnight} 0.2708 0.2712 2094252 328908 - -`,
      // 15,283 x 0.1 x 7.73.
      `BBXUSDTM BBX stock 0.0001 8h ${midnight} 7.73 7.72 11814 26979 - -`,
      // 388,416 x 0.01 x 48.73.
      `QNTXUSDTM QNTX stock 0.0001 8h ${midnight} 48.73 48.79 189275 733099 - -`,
      // 2,539,204 x 0.001 x 4,341.9. METAL is the exchange's own word for gold tokens.
      `XAUTUSDTM XAUT crypto 0.000001 4h ${midnight} 4341.9 4344.28 11024970 1304939 - -`,
      // 5,528,631 x 0.001 x 4,346.74.
      `PAXGUSDTM PAXG crypto 0.00005 4h ${midnight} 4346.74 4347.48 24031522 1605703 - -`,
      // 36,511,930 x 0.01 x 64.44.
      `XAGUSDTM XAG metal -0.00003 4h ${midnight} 64.44 64.49 23528288 156957 - -`,
      // 10,516,035 x 0.01 x 97.461.
      `CLUSDTM CL commodity 0.00005 4h ${midnight} 97.461 97.466 10249033 884828 - -`,
      // 353,354 x 1 x 2.964.
      `NATGASUSDTM NATGAS commodity 0.00005 4h ${midnight} 2.964 2.966 1047341 88409 - -`,
    ]);
  });
});
