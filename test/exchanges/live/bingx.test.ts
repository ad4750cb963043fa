import { expect, test } from "bun:test";
import { bingx } from "../../../src/exchanges/bingx.ts";
import { RequestFailure } from "../../../src/lib/request-failure.ts";
import { memorySource } from "../../support/memory-source.ts";
import { quoteLines } from "../../support/quote-lines.ts";
import { describeRecorded } from "../../support/recorded.ts";

/** 2026-09-13 22:00:46 UTC. */
const AT = 1_789_336_846_100;

const SHOWN: readonly string[] = [
  // The one whose open interest was requested: dollars.
  "BTC-USDT BTC x1 USDT crypto 0.000094/8h 09-14T00:00 cap 0.003 floor -0.003 rest - mark 77190.5 index 77225.4 oi 287039550 vol 337831457",
  "ETH-USDT ETH x1 USDT crypto 0.0001/8h 09-14T00:00 cap 0.003 floor -0.003 rest - mark 2503.23 index 2504.31 oi - vol 404624664",
  "1000PEPE-USDT PEPE x1000 USDT crypto 0.0001/8h 09-14T00:00 cap 0.02 floor -0.02 rest - mark 0.0034057 index 0.0034075 oi - vol 14962111",
  "BTC-USDC BTC x1 USDC crypto 0.000094/8h 09-14T00:00 cap 0.003 floor -0.003 rest - mark 77171.6 index 77204.8 oi - vol 9447551",
  "NCSKTSLA2USD-USDT TSLA x1 USDT stock -0.00005/8h 09-14T00:00 cap 0.02 floor -0.02 rest - mark 362.85 index 362.85 oi - vol 2640479",
  "NCCOGOLD2USD-USDT GOLD x1 USDT commodity 0.00005/4h 09-14T00:00 cap 0.005 floor -0.005 rest - mark 4341.61 index 4341.44 oi - vol 111075177",
  "NCFXEUR2USD-USDT EUR x1 USDT forex -0.00004/8h 09-14T00:00 cap 0.0005 floor -0.0005 rest - mark 1.1596 index 1.1596 oi - vol 673121",
  "NCSISP5002USD-USDT SP500 x1 USDT index -0.00005/8h 09-14T00:00 cap 0.001 floor -0.001 rest - mark 7612.3 index 7612.3 oi - vol 6308897",
  "PAXG-USDT PAXG x1 USDT crypto 0.00005/4h 09-14T00:00 cap 0.02 floor -0.02 rest - mark 4338.4 index 4338.78 oi - vol 6552561",
  "IOST-USDT IOST x1 USDT crypto -0.000529/1h 09-13T23:00 cap 0.02 floor -0.02 rest - mark 0.0007771 index 0.0007827 oi - vol 3300907",
];

describeRecorded("bingx, recorded on 2026-09-13", (read) => {
  const call = (name: string, symbol = ""): string =>
    `/openApi/swap/v2/quote/${name}?${symbol}timestamp=${AT}`;

  test("all figures of every contract that is open; coffee is closed", async () => {
    const unasked = SHOWN.slice(1).map((line): [string, Error] => [
      call("openInterest", `symbol=${line.split(" ")[0]}&`),
      new RequestFailure("http", "not recorded"),
    ]);
    const bodies = {
      ...Object.fromEntries(unasked),
      [call("premiumIndex")]: await read("bingx", "live-2026-09/premiumIndex.json"),
      [call("ticker")]: await read("bingx", "live-2026-09/ticker.json"),
      [call("contracts")]: await read("bingx", "live-2026-09/contracts.json"),
      [call("openInterest", "symbol=BTC-USDT&")]: await read(
        "bingx",
        "live-2026-09/openInterest-btc.json",
      ),
    };
    const { quotes, rejects, expected, unlisted } = await bingx.refresh(
      memorySource(bodies, { nowMs: AT }),
    );
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 10, unlisted: 0 });
    expect(quoteLines(quotes)).toEqual(SHOWN);
    // takerFeeRate is 0.0005 on each.
    expect(new Set(quotes.map(({ takerFeeBps }) => takerFeeBps))).toEqual(new Set([5]));
  });

  test("lastFundingRate is the running rate: 0.000094 was shown six hours after 0.000078 had been charged", async () => {
    const history: unknown = await read("bingx", "live-2026-09/fundingRate-history-btc.json");
    expect(history).toMatchObject({
      data: [
        { fundingRate: "0.00007800", fundingTime: 1_789_315_200_000 },
        { fundingRate: "0.00008200", fundingTime: 1_789_286_400_000 },
        { fundingRate: "0.00009200", fundingTime: 1_789_257_600_000 },
      ],
    });
  });
});
