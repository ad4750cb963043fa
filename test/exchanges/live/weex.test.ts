import { expect, test } from "bun:test";
import { weex } from "../../../src/exchanges/weex.ts";
import { memorySource } from "../../support/memory-source.ts";
import { quoteLines } from "../../support/quote-lines.ts";
import { describeRecorded } from "../../support/recorded.ts";

/** 2026-09-13 21:14:36.5 UTC. The tickers were read some minutes later. */
const AT = 1_789_334_076_500;

/** The rate is forecastFundingRate; marks are those of the tickers, which have no index. */
const SHOWN: readonly string[] = [
  "BTCUSDT BTC x1 USDT crypto 0.00009018/8h 09-14T00:00 cap - floor - rest - mark 77288 index 77343.40525 oi - vol 503416154",
  "ETHUSDT ETH x1 USDT crypto 0.00005598/8h 09-14T00:00 cap - floor - rest - mark 2507.86 index 2514.532 oi - vol 992324381",
  "1000PEPEUSDT PEPE x1000 USDT crypto 0.0001/8h 09-14T00:00 cap - floor - rest - mark 0.0034174 index 0.0034261247 oi - vol 706503549",
  "CATUSDT CAT x1 USDT crypto 0.00005/4h 09-14T00:00 cap - floor - rest - mark 0.000002105 index 0.000002133 oi - vol 185127",
  "ONUSDT ON x1 USDT crypto 0.00005/4h 09-14T00:00 cap - floor - rest - mark 0.1374 index 0.138491 oi - vol 1273361",
  // The Nikkei, listed as a coin; it had not traded that Sunday.
  "JP225USDT JP225 x1 USDT index 0.00000648991/1h 09-13T22:00 cap - floor - rest - mark 64252 index 64273 oi - vol 0",
  "MTLUSDT MTL x1 USDT crypto -0.00023325/1h 09-13T22:00 cap - floor - rest - mark 0.2784 index 0.280625 oi - vol 2305412",
  "TSLAUSDT TSLA x1 USDT stock 0.0001092/8h 09-14T00:00 cap - floor - rest - mark 363.2 index 367.93 oi - vol 55049",
  "CATSTOCKUSDT CATSTOCK x1 USDT stock 0.0002/8h 09-14T00:00 cap - floor - rest - mark 819.12 index 819.65 oi - vol 36529",
  "SPYUSDT SPY x1 USDT etf 0.0000076356/8h 09-14T00:00 cap - floor - rest - mark 762.4 index 761.41 oi - vol 1691439",
  "SP500USDT SP500 x1 USDT index 0.00000508416/8h 09-14T00:00 cap - floor - rest - mark 7627.1 index 7614 oi - vol 1736743",
  "KOSPIUSDT KOSPI x1 USDT index 0.0002/8h 09-14T00:00 cap - floor - rest - mark 6886.84 index 6879.8 oi - vol 287975",
  "XAUUSDT XAU x1 USDT metal -7.272e-7/4h 09-14T00:00 cap - floor - rest - mark 4349.12 index 4348.07 oi - vol 6070872",
  "PAXGUSDT PAXG x1 USDT crypto 0.0000123/4h 09-14T00:00 cap - floor - rest - mark 4346.15 index 4347.51 oi - vol 3720537",
  "CLUSDT CL x1 USDT commodity 0.00011311/4h 09-14T00:00 cap - floor - rest - mark 97.08 index 97.47 oi - vol 1053890",
  "EURUSDT EUR x1 USDT forex 0.000125/4h 09-14T00:00 cap - floor - rest - mark 1.168 index 1.160125 oi - vol 1038810",
];

describeRecorded("weex, recorded on 2026-09-13", (read) => {
  test("all figures of every contract; that of a company before its listing is not shown", async () => {
    const info: unknown = await read("weex", "live-2026-09/exchangeInfo.json");
    const listed: unknown = Reflect.get(Object(info), "symbols");
    const symbols = Array.isArray(listed) ? listed.map(Object) : [];
    // The recording has few fields: margin coin and direction are missing.
    const linear = { marginAsset: "USDT", forwardContractFlag: true };
    const bodies = {
      "/capi/v3/market/premiumIndex": await read("weex", "live-2026-09/premiumIndex.json"),
      "/capi/v3/market/ticker/24hr": await read("weex", "live-2026-09/ticker-24hr.json"),
      "/capi/v3/market/exchangeInfo": { symbols: symbols.map((row) => ({ ...row, ...linear })) },
    };
    const { quotes, rejects, expected, unlisted } = await weex.refresh(
      memorySource(bodies, { nowMs: AT }),
    );
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 16, unlisted: 0 });
    expect(quoteLines(quotes)).toEqual(SHOWN);
    expect(new Set(quotes.map((quote) => quote.exchangeTimeMs))).toEqual(
      new Set([1_789_334_076_303]),
    );
  });

  test("lastFundingRate is the rate charged last, according to the history of BTC", async () => {
    const history: unknown = await read("weex", "live-2026-09/fundingRate-history-btc.json");
    const rates: unknown = await read("weex", "live-2026-09/premiumIndex.json");
    const [newest] = Array.isArray(history) ? history : [];
    const [btc] = Array.isArray(rates) ? rates : [];
    expect(newest).toMatchObject({ fundingRate: "0.00006450", fundingTime: 1_789_315_200_000 });
    expect(btc).toMatchObject({ lastFundingRate: "0.00006450" });
  });
});
