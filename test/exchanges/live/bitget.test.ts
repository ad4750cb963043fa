import { expect, test } from "bun:test";
import { bitget } from "../../../src/exchanges/bitget.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";
import { recordedRow } from "../../support/recorded-row.ts";

/** The rates of the USDC family came a minute and a half after the others. */
const AT = Date.UTC(2026, 8, 13, 22, 7, 0);

describeRecorded("bitget, recorded on 2026-09-13", (read) => {
  const file = (name: string): Promise<unknown> => read("bitget", `live-2026-09/${name}.json`);
  const family = async (settle: "USDT" | "USDC"): Promise<Record<string, unknown>> => {
    const suffix = settle.toLowerCase();
    const path = (call: string): string => `/api/v3/market/${call}?category=${settle}-FUTURES`;
    return {
      [path("current-fund-rate")]: await file(`v3-current-fund-rate-${suffix}`),
      [path("tickers")]: await file(`v3-tickers-${suffix}`),
      [path("instruments")]: await file(`v3-instruments-${suffix}`),
    };
  };
  const refresh = async () =>
    bitget.refresh(
      memorySource({ ...(await family("USDT")), ...(await family("USDC")) }, { nowMs: AT }),
    );

  test("thirteen contracts of both families with every figure; the test symbol is in no list", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh();
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 13, unlisted: 1 });
    // nextUpdate 1789344000000 is midnight. Open interest is coins x markPrice, volume is turnover24h.
    expect(quotes.map(recordedRow)).toEqual([
      // 35,917.0536 x 76,967.7.
      "BTCUSDT BTC crypto 0.00005 8h 2026-09-14T00:00 76967.7 76999.899 2764453006 1051194917 -0.003 0.003",
      // 801,617.43 x 2,488.9.
      "ETHUSDT ETH crypto 0.0001 8h 2026-09-14T00:00 2488.9 2490.4065 1995145622 1274156572 -0.003 0.003",
      // 1,860,174,806,655 x 0.000005184.
      "SHIBUSDT SHIB crypto 0.0001 8h 2026-09-14T00:00 0.000005184 0.0000051884846831 9643146 5659113 -0.00495 0.00495",
      // 124.24 x 63.15; delisted on the 14th, and traded until then.
      "PKXUSDT PKX stock 0 8h 2026-09-14T00:00 63.15 62.9968501575 7846 4091 -0.005 0.005",
      // 41,649.48 x 362.36.
      "TSLAUSDT TSLA stock 0 8h 2026-09-14T00:00 362.36 362.960490895 15092106 887142 -0.005 0.005",
      // 932.5425 x 7,614.4.
      "SP500USDT SP500 stock 0 8h 2026-09-14T00:00 7614.4 7621.73815835 7100752 70797 -0.005 0.005",
      // 11,947.44 x 4,343.12.
      "XAUUSDT XAU metal 0 4h 2026-09-14T00:00 4343.12 4340.77289161 51889166 17967510 -0.005 0.005",
      // 1,553.033 x 4,340.83.
      "PAXGUSDT PAXG crypto 0.00001 4h 2026-09-14T00:00 4340.83 4342.42617646 6741452 1938775 -0.02 0.02",
      // 518,591.24 x 99.12.
      "CLUSDT CL commodity 0 4h 2026-09-14T00:00 99.12 99.3335569213 51402764 24501226 -0.005 0.005",
      // 332,939.6 x 1.1602. Called crypto with isRwa YES, like H100: no class.
      "EURUSDUSDT EURUSD - 0 8h 2026-09-14T00:00 1.1602 1.16016183381 386277 2939794 -0.01 0.01",
      // 16,276 x 2.66.
      "H100USDT H100 - 0 8h 2026-09-14T00:00 2.66 2.66009453261 43294 5644 -0.005 0.005",
      // 1,361.4079 x 77,015.2.
      "BTCPERP BTC crypto 0.00004 8h 2026-09-14T00:00 77015.2 77058.245 104849102 25408352 -0.003 0.003",
      // 78,963,348 x 0.002733.
      "1000BONKPERP 1000*BONK crypto -0.000015 4h 2026-09-14T00:00 0.002733 0.00273270384769 215807 19005 -0.02 0.02",
    ]);
  });

  test("takerFeeRate 0.0006 of every contract is 6 basis points", async () => {
    const { quotes } = await refresh();
    expect(new Set(quotes.map((quote) => quote.takerFeeBps))).toEqual(new Set([6]));
  });

  test("the baseline of coins is 0.0001 per 8 h, and that of others is unknown", async () => {
    const { quotes } = await refresh();
    const resting = new Map(quotes.map((quote) => [quote.exchangeSymbol, quote.baselineRate]));
    expect([resting.get("BTCUSDT"), resting.get("1000BONKPERP"), resting.get("XAUUSDT")]).toEqual([
      0.0001,
      0.00005,
      null,
    ]);
  });

  test("the last settlement in the history was 0.000076 at 16:00, the running rate differs", async () => {
    const { data } = Object(await file("v3-history-fund-rate-btc"));
    expect(data[0]).toEqual({
      symbol: "BTCUSDT",
      fundingRate: "0.000076",
      fundingTime: "1789315200000",
    });
    expect((await refresh()).quotes[0]?.fundingRate).toBe(0.00005);
  });
});
