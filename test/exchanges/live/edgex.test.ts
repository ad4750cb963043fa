import { expect, test } from "bun:test";
import { edgex } from "../../../src/exchanges/edgex.ts";
import { memorySource } from "../../support/memory-source.ts";
import { describeRecorded } from "../../support/recorded.ts";

const FOLDER = "live-2026-09";
const META = "/api/v2/public/meta/getMetaData";
const RATES = "/api/v2/public/funding/getLatestFundingRate?contractId=";
const ticker = (id: string): string => `/api/v2/public/quote/getTicker?contractId=${id}`;
const MIDNIGHT = Date.UTC(2026, 8, 14);
/** The displayed contracts, in the order of the list; one ticker was recorded. */
const LIVE = ["30000001", "30000002", "30000005", "30000010", "30000046", "30000169"];
const NO_TICKER = { code: "SUCCESS", data: [], msg: null };

describeRecorded("edgex, recorded in September 2026", (read) => {
  const file = (name: string) => read("edgex", `${FOLDER}/${name}.json`);

  test("every displayed contract, with the figures of the replies", async () => {
    const none = LIVE.slice(1).map((id) => [ticker(id), NO_TICKER] as const);
    const source = memorySource(
      {
        [META]: await file("getMetaData"),
        [`${RATES}${LIVE.join(",")}`]: await file("getLatestFundingRate"),
        [ticker("30000001")]: await file("getTicker-30000001"),
        ...Object.fromEntries(none),
      },
      { nowMs: Date.UTC(2026, 8, 13, 22, 37, 20) },
    );
    const { quotes, rejects, expected, unlisted } = await edgex.refresh(source);
    // ZRO and EUR have rates but are not displayed.
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: 6, unlisted: 0 });
    const shared = {
      quote: "USDC",
      settle: "USDC",
      // 240 minutes from 20:00.
      fundingIntervalHours: 4,
      nextFundingAtMs: MIDNIGHT,
      // 0.0003 a day.
      baselineRate: expect.closeTo(0.00005, 15),
      takerFeeBps: 4.5,
      exchangeTimeMs: Date.UTC(2026, 8, 13, 22, 37),
    };
    const unknown = { openInterestUsd: null, volume24hUsd: null };
    expect(
      quotes.toSorted((a, b) => a.exchangeSymbol.localeCompare(b.exchangeSymbol)),
    ).toMatchObject([
      {
        ...shared,
        ...unknown,
        exchangeSymbol: "1000PEPEUSDC",
        base: "PEPE",
        multiplier: 1000,
        assetClass: null,
        fundingRate: 0.00005,
        predictedRate: 0.00005,
        rateCap: 0.004,
        rateFloor: -0.004,
        markPrice: 0.003353667202044079,
        indexPrice: 0.0033553402,
      },
      {
        ...shared,
        exchangeSymbol: "BTCUSDC",
        base: "BTC",
        multiplier: 1,
        assetClass: null,
        fundingRate: -0.00005067,
        predictedRate: -0.00005592,
        rateCap: 0.002,
        rateFloor: -0.002,
        markPrice: 76767.04480840737,
        indexPrice: 76799.6329068953,
        // 3,284.957 coins x 76,767.0448.
        openInterestUsd: expect.closeTo(252_176_441.2, 0),
        volume24hUsd: 210_414_016.4312,
      },
      {
        ...shared,
        ...unknown,
        exchangeSymbol: "ETHUSDC",
        base: "ETH",
        assetClass: null,
        fundingRate: 0.00005,
        predictedRate: 0.00005,
        rateCap: 0.002,
        rateFloor: -0.002,
        markPrice: 2478.034153498081,
        indexPrice: 2479.2849513094,
      },
      {
        ...shared,
        ...unknown,
        exchangeSymbol: "SPYUSDC",
        base: "SPY",
        assetClass: "etf",
        fundingRate: 0.00016653,
        predictedRate: 0.00045657,
        rateCap: 0.004,
        rateFloor: -0.004,
        markPrice: 760.6341432322816,
        indexPrice: 760.5801409535,
      },
      {
        ...shared,
        ...unknown,
        exchangeSymbol: "XAUUSDC",
        base: "XAU",
        // Neither a share nor a currency: the exchange does not say that it is a coin.
        assetClass: null,
        fundingRate: 0.00000675,
        predictedRate: 0.00000859,
        rateCap: 0.004,
        rateFloor: -0.004,
        markPrice: 4331.093305892039,
        indexPrice: 4335.703981712,
      },
      {
        ...shared,
        ...unknown,
        exchangeSymbol: "哈基米USDC",
        base: "HAJIMI",
        assetClass: null,
        fundingRate: 0.0000552,
        predictedRate: 0.00005299,
        rateCap: 0.02,
        rateFloor: -0.02,
        markPrice: 0.032430294581357634,
        indexPrice: 0.0324444061,
      },
    ]);
  });

  /** Why the rate is disputed: the ticker gives the forecast at the same moment as the coming charge. */
  test("the rate in force is that of the last settlement row; the ticker has the forecast instead", async () => {
    expect(await file("getFundingRatePage-30000001")).toMatchObject({
      data: {
        dataList: [
          { fundingTime: String(Date.UTC(2026, 8, 13, 20)), fundingRate: "-0.00005067" },
          { fundingTime: String(Date.UTC(2026, 8, 13, 16)), fundingRate: "-0.0000522" },
          { fundingTime: String(Date.UTC(2026, 8, 13, 12)), fundingRate: "-0.00005842" },
        ],
      },
    });
    expect(await file("getTicker-30000001")).toMatchObject({
      data: [{ fundingRate: "-0.00005592", nextFundingTime: String(MIDNIGHT) }],
    });
  });

  /** Why the labels decide no class: there is a bank among the commodities. */
  test("the labels of contracts are unreliable", async () => {
    const body: unknown = await file("contract-labels");
    const labels: unknown = Reflect.get(Object(body), "data");
    const commodities: unknown = Reflect.get(Object(labels), 0);
    expect(commodities).toMatchObject({
      name: "Commodities TradeFi",
      contracts: [
        { contractName: "XAUUSDC" },
        { contractName: "XAGUSDC" },
        { contractName: "JPMUSDC" },
      ],
    });
  });
});
