import { expect, test } from "bun:test";
import { gate } from "../../../src/exchanges/gate.ts";
import { RequestFailure } from "../../../src/lib/request-failure.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";
import { recordedRow } from "../../support/recorded-row.ts";

const NOT_RECORDED = new RequestFailure("http", "not recorded");

describeRecorded("gate, recorded on 2026-09-11 and 13", (read) => {
  const file = (name: string): Promise<unknown> => read("gate", `live-2026-09/${name}.json`);
  const refresh = (nowMs: number, contracts: unknown, tickers: unknown) =>
    gate.refresh(
      memorySource(
        {
          "/api/v4/futures/usdt/contracts": contracts,
          "/api/v4/futures/usdt/tickers": tickers,
          "/api/v4/futures/usd1/contracts": NOT_RECORDED,
          "/api/v4/futures/usd1/tickers": NOT_RECORDED,
        },
        { nowMs },
      ),
    );
  const first = async () =>
    refresh(
      Date.UTC(2026, 8, 11, 17, 18, 30),
      await file("contracts-usdt"),
      await file("tickers-usdt"),
    );

  test("three contracts with every figure; the pre-market one is not shown", async () => {
    const { quotes, rejects } = await first();
    expect(rejects).toEqual([]);
    // Open interest is position_size x quanto_multiplier x mark_price, volume is volume_24h_quote.
    expect(quotes.map(recordedRow)).toEqual([
      // 320,443,501 x 0.0001 x 77,762.8; total_size 640,887,002 counts both sides.
      "BTC_USDT BTC crypto 0.000016 8h 2026-09-12T00:00 77762.8 77790.63 2491858388 7031702789 -0.003 0.003",
      // 60,876,803 x 0.01 x 2,574.66.
      "ETH_USDT ETH crypto 0.000007 8h 2026-09-12T00:00 2574.66 2574.79 1567370696 8391965462 -0.003 0.003",
      // 8,648 x 100 x 0.04671.
      "2Z_USDT 2Z crypto 0.00005 4h 2026-09-11T20:00 0.04671 0.046809 40395 38589 -0.02 0.02",
    ]);
  });

  test("interest_rate 0.0003 a day is 0.0001 in 8 h and 0.00005 in 4 h, where 2Z rests", async () => {
    const { quotes } = await first();
    const resting = quotes.map((quote) => Number(quote.baselineRate?.toPrecision(9)));
    expect(resting).toEqual([0.0001, 0.0001, 0.00005]);
  });

  test("taker_fee_rate 0.00075 is not the taker fee (5 basis points) and not read", async () => {
    const { quotes } = await first();
    expect(quotes.map((quote) => quote.takerFeeBps)).toEqual([undefined, undefined, undefined]);
  });

  test("classes: the rows have few fields, the type is added", async () => {
    const rows = Object(await file("contracts-usdt-classes"));
    const joined = rows.map((row: object) => ({ type: "direct", ...row }));
    const { quotes, rejects } = await refresh(
      Date.UTC(2026, 8, 13, 21, 16, 50),
      joined,
      NOT_RECORDED,
    );
    expect(rejects).toEqual([]);
    const midnight = "2026-09-14T00:00";
    expect(quotes.map(recordedRow)).toEqual([
      `BB_USDT BB crypto 0.00005 4h ${midnight} 0.00807 0.0081 - - - -`,
      `ON_USDT ON crypto 0.00005 4h ${midnight} 0.13863 0.13838 - - - -`,
      `QNT_USDT QNT crypto -0.000088 8h ${midnight} 64.31 64.39 - - - -`,
      `STX_USDT STX crypto 0.0001 8h ${midnight} 0.2709 0.2713 - - - -`,
      `CAT_USDT CAT stock 0 8h ${midnight} 817 817.09 - - - -`,
      `RTX_USDT RTX stock 0 8h ${midnight} 198.99 198.548 - - - -`,
      `PURR_USDT PURR stock 0 8h ${midnight} 11.519 11.4726 - - - -`,
      // The exchange's own term for them; that they are tokens is decided for all exchanges together.
      `PAXG_USDT PAXG crypto 0 8h ${midnight} 4348.1 4347.17 - - - -`,
      `XAUT_USDT XAUT crypto 0 8h ${midnight} 4344.1 4344.13 - - - -`,
      `XAU_USDT XAU metal 0 4h ${midnight} 4349.4 4346.98 - - - -`,
      `CL_USDT CL commodity 0 8h ${midnight} 97.38 97.429 - - - -`,
      `USDC_USDT USDC crypto 0.0001 8h ${midnight} 0.9994 1.00022 - - - -`,
      `EURUSD_USDT EURUSD forex 0 8h ${midnight} 1.1608 1.16031 - - - -`,
      `SPX500_USDT SPX500 index -0.0002 8h ${midnight} 7622.32 7647.41 - - - -`,
    ]);
  });

  test("the history has its times in seconds, two after the hour, and a different rate from the running one", async () => {
    expect(Object(await file("funding_rate-history-btc"))[0]).toEqual({
      r: "0.000024",
      t: Date.UTC(2026, 8, 11, 16, 0, 2) / 1000,
    });
    expect((await first()).quotes[0]?.fundingRate).toBe(0.000016);
  });
});
