import { describe, expect, test } from "bun:test";
import type { Quote } from "../../src/domain/quote.ts";
import { hyperliquid } from "../../src/exchanges/hyperliquid.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { memorySource } from "../support/memory-source.ts";
import type { Bodies } from "../support/memory-source.ts";
import { mutationBreaches } from "../support/mutations.ts";
import type { Exemption } from "../support/mutations.ts";
import { describeRecorded } from "../support/recorded.ts";

const info = (body: unknown): string => `POST /info ${JSON.stringify(body)}`;
const MAIN = info({ type: "metaAndAssetCtxs" });
const DEXS = info({ type: "perpDexs" });
const TOKENS = info({ type: "spotMeta" });
const ANNOTATIONS = info({ type: "perpConciseAnnotations" });
const dex = (name: string): string => info({ type: "metaAndAssetCtxs", dex: name });

const AT = Date.UTC(2026, 9, 5, 13, 30, 0);
const NEXT_HOUR = Date.UTC(2026, 9, 5, 14);

type Row = Readonly<Record<string, unknown>>;

function ctx(extra: Row = {}): Row {
  return {
    funding: "0.0000125",
    openInterest: "250.5",
    dayNtlVlm: "1500000000.25",
    dayBaseVlm: "19000.5",
    premium: "0.0003",
    oraclePx: "70010.0",
    markPx: "70000.0",
    midPx: "70001.5",
    impactPxs: ["70001.0", "70002.0"],
    ...extra,
  };
}

const DELISTED_CTX = ctx({
  funding: "0.0",
  openInterest: "0.0",
  premium: null,
  midPx: null,
  impactPxs: null,
});

function dexBody(listings: readonly (readonly [Row, Row])[], collateralToken?: unknown): unknown[] {
  const universe = listings.map(([asset]) => asset);
  const meta = collateralToken === undefined ? { universe } : { universe, collateralToken };
  return [meta, listings.map(([, context]) => context)];
}

const MAIN_BODY = dexBody([
  [{ name: "BTC", szDecimals: 5, maxLeverage: 40 }, ctx()],
  // Delisted in the middle: a reader that drops it from only one list shifts everything after it.
  [{ name: "OLD", szDecimals: 0, isDelisted: true }, DELISTED_CTX],
  [
    { name: "kPEPE", szDecimals: 0 },
    ctx({
      funding: "-0.00031",
      openInterest: "1000000",
      markPx: "0.008",
      oraclePx: "0.0081",
      midPx: "0.00801",
      dayNtlVlm: "42.5",
    }),
  ],
]);
const XYZ_BODY = dexBody(
  [
    [
      { name: "xyz:TSLA", szDecimals: 2, growthMode: "enabled", deployerFeeScale: "1.0" },
      ctx({ funding: "0.00000625", markPx: "400.5", openInterest: "10" }),
    ],
    [{ name: "xyz:GONE", isDelisted: true }, DELISTED_CTX],
  ],
  0,
);
const KM_BODY = dexBody(
  [[{ name: "km:US500", deployerFeeScale: "1.0" }, ctx({ funding: "0.0000057", markPx: "750" })]],
  360,
);
const HYNA_BODY = dexBody([[{ name: "hyna:BTC" }, ctx({ funding: "0.00002" })]], 235);

const SPOT_META = {
  universe: [],
  tokens: [
    { name: "USDC", index: 0, szDecimals: 8 },
    { name: "PURR", index: 1, szDecimals: 0 },
    { name: "USDE", index: 235, szDecimals: 2 },
    { name: "USDT0", index: 268, szDecimals: 2 },
    { name: "USDH", index: 360, szDecimals: 2 },
  ],
};

const CATEGORIES = [
  ["xyz:TSLA", { category: "Stocks", displayName: "TSLA", keywords: ["cars"] }],
  ["km:US500", { category: "indices" }],
  ["hyna:BTC", { category: "crypto" }],
  ["hyna:NOTE", { displayName: "no category" }],
];

const BODIES: Bodies = {
  [MAIN]: MAIN_BODY,
  [ANNOTATIONS]: CATEGORIES,
  [DEXS]: [null, { name: "xyz", fullName: "one" }, { name: "km" }, { name: "hyna" }],
  [TOKENS]: SPOT_META,
  [dex("xyz")]: XYZ_BODY,
  [dex("km")]: KM_BODY,
  [dex("hyna")]: HYNA_BODY,
};
const MAIN_ALONE: Bodies = { [DEXS]: [null], [TOKENS]: SPOT_META, [ANNOTATIONS]: CATEGORIES };

const refresh = (bodies: Bodies, nowMs = AT) =>
  hyperliquid.refresh(memorySource(bodies, { nowMs }));
const symbols = (quotes: readonly Quote[]) => quotes.map((quote) => quote.exchangeSymbol);
const down = new RequestFailure("http", "503", { status: 503 });

/** The HIP-3 dexes with readable replies; any other one degrades the exchange. */
async function answeredDexes(bodies: Bodies): Promise<string[]> {
  const { builders } = await hyperliquid.fetchRaw(memorySource(bodies, { nowMs: AT }));
  return builders.map((builder) => builder.name);
}

async function refreshMain(asset: Row, context: Row) {
  const bodies = {
    ...MAIN_ALONE,
    [MAIN]: dexBody([
      [{ name: "ETH" }, ctx()],
      [asset, context],
    ]),
  };
  const { quotes, rejects } = await refresh(bodies);
  return { symbols: symbols(quotes), rejects };
}

describe("hyperliquid", () => {
  test("requests the main dex every cycle, each HIP-3 dex alongside, and the three lists rarely", async () => {
    const source = memorySource(BODIES, { nowMs: AT });
    await hyperliquid.refresh(source);
    expect(source.requests.toSorted()).toEqual(Object.keys(BODIES).toSorted());
    expect(source.asks).toEqual([
      { kind: "essential", name: "main", everyMs: null },
      { kind: "secondary", name: "spotMeta", everyMs: 86_400_000 },
      { kind: "instruments", name: "categories", everyMs: 1_800_000 },
      { kind: "instruments", name: "perpDexs", everyMs: 1_800_000 },
      { kind: "secondary", name: "dex:xyz", everyMs: null },
      { kind: "secondary", name: "dex:km", everyMs: null },
      { kind: "secondary", name: "dex:hyna", everyMs: null },
    ]);
  });

  test("a contract of the main dex becomes a quote with every field in the documented units", async () => {
    const { quotes, rejects, expected, unlisted } = await refresh(BODIES);
    expect(symbols(quotes)).toEqual(["BTC", "kPEPE", "xyz:TSLA", "km:US500", "hyna:BTC"]);
    expect({ rejects, expected, unlisted }).toEqual({ rejects: [], expected: null, unlisted: 0 });
    expect(quotes[0]).toEqual({
      exchangeSymbol: "BTC",
      base: "BTC",
      quote: "USDC",
      settle: "USDC",
      multiplier: 1,
      assetClass: "crypto",
      accrual: "periodic",
      listedAtMs: null,
      fundingRate: 0.0000125,
      fundingIntervalHours: 1,
      intervalSource: "documented_default",
      nextFundingAtMs: NEXT_HOUR,
      predictedRate: null,
      instantRate: null,
      settledRate: null,
      settledAtMs: null,
      // 4 % an hour.
      rateCap: 0.04,
      rateFloor: -0.04,
      baselineRate: 0.0000125,
      settling: false,
      markPrice: 70000,
      indexPrice: 70010,
      // 250.5 coins of longs and shorts at 70,000.
      openInterestDigit: 5,
      openInterestUsd: 8_767_500,
      takerFeeBps: null,
      volume24hUsd: 1500000000.25,
      exchangeTimeMs: null,
      receivedAtMs: AT,
    });
  });

  test("a k before capitals is a thousand, and its context is the one at the same index", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes[1]).toMatchObject({
      base: "PEPE",
      multiplier: 1000,
      fundingRate: -0.00031,
      markPrice: 0.008,
      openInterestUsd: 4000,
      volume24hUsd: 42.5,
    });
  });

  test("a HIP-3 contract keeps its prefix in the symbol only and is settled in its dex's token", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.slice(2)).toMatchObject([
      { base: "TSLA", quote: "USDC", settle: "USDC", fundingRate: 0.00000625, baselineRate: null },
      {
        base: "US500",
        quote: "USDH",
        settle: "USDH",
        fundingIntervalHours: 1,
        openInterestUsd: 93_937.5,
      },
      { base: "BTC", quote: "USDE", settle: "USDE", fundingRate: 0.00002 },
    ]);
  });

  test("the class is the deployer's annotation in any spelling; pre-IPO contracts are not shown", async () => {
    const spelt: Readonly<Record<string, string | null>> = {
      stock: "stock",
      STOCKS: "stock",
      FX: "forex",
      fx: "forex",
      Commodities: "commodity",
      indices: "index",
      crypto: "crypto",
      rates: null,
      weather: null,
      PreIPO: null,
    };
    const categories = Object.keys(spelt);
    const { quotes, rejects } = await refresh({
      ...BODIES,
      [dex("xyz")]: dexBody(
        [...categories, "none"].map((name) => [{ name: `xyz:${name}` }, ctx()]),
        0,
      ),
      [ANNOTATIONS]: categories.map((category) => [`xyz:${category}`, { category }]),
    });
    expect(rejects).toEqual([]);
    const classes = new Map(quotes.map((quote) => [quote.exchangeSymbol, quote.assetClass]));
    const { PreIPO: _preIpo, ...others } = spelt;
    for (const [category, assetClass] of Object.entries(others))
      expect([category, classes.get(`xyz:${category}`)]).toEqual([category, assetClass]);
    expect(classes.get("xyz:none")).toBeNull();
    expect(classes.has("xyz:PreIPO")).toBeFalse();
  });

  test.each([
    ["no reply", down],
    ["an error", { status: "err", response: "x" }],
    ["an empty list", []],
    ["differing duplicates", [...CATEGORIES, ["xyz:TSLA", { category: "preipo" }]]],
  ])("with %s as annotations the contract is shown without a class", async (_case, body) => {
    const { quotes } = await refresh({ ...BODIES, [ANNOTATIONS]: body });
    expect(symbols(quotes)).toEqual(["BTC", "kPEPE", "xyz:TSLA", "km:US500", "hyna:BTC"]);
    expect(quotes[2]?.assetClass).toBeNull();
    expect(quotes[0]?.assetClass).toBe("crypto");
  });

  test.each([
    ["scale 1 in growth mode", { growthMode: "enabled", deployerFeeScale: "1.0" }, 0.9],
    ["scale 1", { deployerFeeScale: "1.0" }, 9],
    ["scale 1, growth mode off", { growthMode: "disabled", deployerFeeScale: "1.0" }, 9],
    ["half a scale", { deployerFeeScale: "0.5" }, 6.75],
    ["scale 3", { deployerFeeScale: "3" }, 27],
    ["no share for the deployer", { deployerFeeScale: "0.0" }, 4.5],
    ["no own scale", {}, 18],
    ["a scale beyond what is documented", { deployerFeeScale: "90" }, null],
    ["an unreadable mode", { growthMode: "on", deployerFeeScale: "1.0" }, null],
  ])("the taker fee of a HIP-3 contract with %s is %p bps", async (_case, asset, bps) => {
    const { quotes } = await refresh({
      ...BODIES,
      [DEXS]: [null, { name: "xyz", deployerFeeScale: "2.0" }],
      [dex("xyz")]: dexBody([[{ name: "xyz:TSLA", ...asset }, ctx()]], 0),
    });
    const tsla = quotes.find((quote) => quote.exchangeSymbol === "xyz:TSLA");
    if (bps === null) expect(tsla?.takerFeeBps).toBeNull();
    else expect(tsla?.takerFeeBps).toBeCloseTo(bps, 12);
  });

  test("a HIP-3 contract without any scale has no own fee", async () => {
    const { quotes } = await refresh(BODIES);
    expect(quotes.map(({ takerFeeBps }) => takerFeeBps)).toEqual([null, null, 0.9, 9, null]);
  });

  test("at the full hour the next settlement is the following one", async () => {
    const { quotes } = await refresh(BODIES, NEXT_HOUR);
    expect(quotes[0]?.nextFundingAtMs).toBe(NEXT_HOUR + 3_600_000);
  });

  test("no more HIP-3 dexes are requested than the pacing of a minute allows", async () => {
    const names = Array.from({ length: 200 }, (_, index) => ({ name: `d${index}` }));
    const bodies = Object.fromEntries(names.map(({ name }) => [dex(name), down]));
    const source = memorySource({ ...BODIES, ...bodies, [DEXS]: [null, ...names] }, { nowMs: AT });
    await hyperliquid.refresh(source);
    expect(source.requests.length).toBeLessThanOrEqual(hyperliquid.facts.pacing.requests);
  });

  test("the batch reports how many HIP-3 dexes are left out", async () => {
    const names = Array.from({ length: 33 }, (_, index) => ({ name: `d${index}` }));
    const bodies = Object.fromEntries(names.map(({ name }) => [dex(name), down]));
    const batch = await refresh({ ...BODIES, ...bodies, [DEXS]: [null, ...names, { name: 7 }] });
    const words = "4 HIP-3 dexes are not requested: more than 30, or without a name";
    expect(batch.leftOut).toBe(words);
    expect(await refresh(BODIES)).not.toHaveProperty("leftOut");
  });

  test("a rate is explained by its rows as received; an unknown symbol is not", async () => {
    const raw = await hyperliquid.fetchRaw(memorySource(BODIES, { nowMs: AT }));
    expect(hyperliquid.explain(raw, "xyz:TSLA")).toEqual({
      rows: {
        assetCtxs: {
          funding: "0.00000625",
          openInterest: "10",
          dayNtlVlm: "1500000000.25",
          oraclePx: "70010.0",
          markPx: "400.5",
          midPx: "70001.5",
        },
        universe: { name: "xyz:TSLA", growthMode: "enabled", deployerFeeScale: "1.0" },
        meta: { collateralToken: 0 },
        spotMeta: "USDC",
        categories: "Stocks",
      },
      formula: "{assetCtxs.funding}",
    });
    expect(hyperliquid.explain(raw, "kPEPE")?.rows).toMatchObject({
      assetCtxs: { funding: "-0.00031" },
      universe: { name: "kPEPE" },
    });
    for (const unknown of ["TSLA", "xyz:BTC", "flx:TSLA"]) {
      expect(hyperliquid.explain(raw, unknown)).toBeNull();
    }
  });
});

describe("hyperliquid skips", () => {
  test.each([
    ["a delisted contract", { name: "OLD", isDelisted: true }, ctx()],
    ["a contract without mid price and open interest", { name: "OLD" }, DELISTED_CTX],
  ])("%s", async (_case, asset, context) => {
    expect(await refreshMain(asset, context)).toEqual({ symbols: ["ETH"], rejects: [] });
  });

  test("no contract that has open interest but no mid price, or vice versa", async () => {
    expect((await refreshMain({ name: "A" }, ctx({ midPx: null }))).symbols).toEqual(["ETH", "A"]);
    expect((await refreshMain({ name: "A" }, ctx({ openInterest: "0.0" }))).symbols).toEqual([
      "ETH",
      "A",
    ]);
    expect((await refreshMain({ name: "A", isDelisted: null }, ctx())).symbols).toEqual([
      "ETH",
      "A",
    ]);
  });

  test.each([
    ["an unknown token", 999],
    ["a token that is not a dollar", 1],
    ["no token", undefined],
    ["an unreadable token", {}],
  ])("a HIP-3 dex with %s as collateral", async (_case, token) => {
    const body = dexBody([[{ name: "km:US500" }, ctx()]], token);
    const { quotes, rejects } = await refresh({ ...BODIES, [dex("km")]: body });
    expect(symbols(quotes)).toEqual(["BTC", "kPEPE", "xyz:TSLA", "hyna:BTC"]);
    expect(rejects).toEqual([]);
  });

  test("a HIP-3 dex whose token is only in the list of tokens, while that is unavailable", async () => {
    const { quotes } = await refresh({ ...BODIES, [TOKENS]: down });
    expect(symbols(quotes)).toEqual(["BTC", "kPEPE", "xyz:TSLA", "km:US500"]);
  });
});

describe("hyperliquid rejects", () => {
  test.each([
    ["a missing rate", { name: "A" }, ctx({ funding: undefined }), "bad_rate"],
    ["a rate over 100 %", { name: "A" }, ctx({ funding: "1.5" }), "implausible_rate"],
    ["an unreadable isDelisted", { name: "A", isDelisted: "true" }, ctx(), "bad_row"],
    ["a name of another dex", { name: "A:" }, ctx(), "unknown_kind"],
  ] as const)("%s", async (_case, asset, context, reason) => {
    const outcome = await refreshMain(asset, context);
    expect(outcome.symbols).toEqual(["ETH"]);
    expect(outcome.rejects).toMatchObject([{ exchangeSymbol: asset.name, reason }]);
  });

  test("a HIP-3 name without its prefix, so that it never passes for the main contract", async () => {
    const body = dexBody(
      [
        [{ name: "BTC" }, ctx()],
        [{ name: "xyz:TSLA" }, ctx()],
      ],
      0,
    );
    const { quotes, rejects } = await refresh({
      ...BODIES,
      [dex("xyz")]: body,
      [MAIN]: dexBody([[{ name: "ETH" }, ctx()]]),
    });
    expect(symbols(quotes)).toEqual(["ETH", "xyz:TSLA", "km:US500", "hyna:BTC"]);
    expect(rejects).toMatchObject([{ exchangeSymbol: "BTC", reason: "unknown_kind" }]);
  });
});

describe("hyperliquid failures", () => {
  test("one failing HIP-3 dex affects only its own contracts", async () => {
    for (const body of [down, { status: "err", response: "x" }, [{ universe: [] }]]) {
      const bodies = { ...BODIES, [dex("xyz")]: body };
      const { quotes } = await refresh(bodies);
      expect(symbols(quotes)).toEqual(["BTC", "kPEPE", "km:US500", "hyna:BTC"]);
      expect(await answeredDexes(bodies)).toEqual(["km", "hyna"]);
    }
  });

  test("another dex's reply is ignored, for a HIP-3 dex and for the main one", async () => {
    for (const other of [MAIN_BODY, KM_BODY]) {
      const bodies = { ...BODIES, [dex("xyz")]: other };
      expect(await answeredDexes(bodies)).toEqual(["km", "hyna"]);
      expect((await refresh(bodies)).rejects).toEqual([]);
    }
    await expect(refresh({ ...BODIES, [MAIN]: XYZ_BODY })).rejects.toMatchObject({
      kind: "bad_envelope",
    });
  });

  test("an empty HIP-3 dex has answered: it is not a failure", async () => {
    const bodies = { ...BODIES, [dex("xyz")]: dexBody([], 0) };
    expect(await answeredDexes(bodies)).toEqual(["xyz", "km", "hyna"]);
    const { quotes, rejects } = await refresh(bodies);
    expect(symbols(quotes)).toEqual(["BTC", "kPEPE", "km:US500", "hyna:BTC"]);
    expect(rejects).toEqual([]);
  });

  test.each([
    ["an error envelope", { status: "err", response: "boom" }, "bad_envelope"],
    ["more names than contexts", [{ universe: [{ name: "BTC" }] }, []], "bad_envelope"],
    ["an empty universe", [{ universe: [] }, []], "bad_envelope"],
    ["an empty list", [], "bad_envelope"],
    ["no answer", new RequestFailure("rate_limited", "429", { status: 429 }), "rate_limited"],
  ] as const)("%s of the main dex fails the refresh", async (_case, body, kind) => {
    const failure = await refresh({ ...BODIES, [MAIN]: body }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RequestFailure);
    expect(failure).toMatchObject({ kind });
  });

  test("a list of dexes that is empty or an error fails the refresh", async () => {
    for (const body of [[], { status: "err", response: "x" }, "no"]) {
      const failure = await refresh({ ...BODIES, [DEXS]: body }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ kind: "bad_envelope" });
    }
  });
});

const QUANTITY = "plausible sizes are judged across exchanges, after the adapter";
const exemptions: readonly Exemption[] = [
  {
    at: "universe.name",
    mutations: ["NaN", "huge", "negative"],
    fields: ["exchangeSymbol"],
    why: "any text can be a name, and nothing else names the contract",
  },
  {
    at: "ctxs.funding",
    mutations: ["negative"],
    fields: ["fundingRate"],
    why: "a rate may be negative",
  },
  {
    at: "ctxs.markPx",
    mutations: ["huge"],
    fields: ["markPrice", "openInterestUsd"],
    why: QUANTITY,
  },
  {
    at: "xyzUniverse.growthMode",
    mutations: ["missing", "null"],
    fields: ["takerFeeBps"],
    why: "a contract without growth mode has no such key",
  },
  { at: "ctxs.oraclePx", mutations: ["huge"], fields: ["indexPrice"], why: QUANTITY },
  { at: "ctxs.openInterest", mutations: ["huge"], fields: ["openInterestUsd"], why: QUANTITY },
  { at: "ctxs.dayNtlVlm", mutations: ["huge"], fields: ["volume24hUsd"], why: QUANTITY },
];

test("hyperliquid: no single wrong value leads to a wrong quote", async () => {
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "universe", request: MAIN, rows: (body) => listIn(at(body, 0), "universe") },
      { name: "ctxs", request: MAIN, rows: (body) => asList(at(body, 1)) },
      { name: "xyzUniverse", request: dex("xyz"), rows: (body) => listIn(at(body, 0), "universe") },
      { name: "kmMeta", request: dex("km"), rows: (body) => [at(body, 0)] },
      { name: "tokens", request: TOKENS, rows: (body) => listIn(body, "tokens") },
      {
        name: "notes",
        request: ANNOTATIONS,
        rows: (body) => asList(body).map((row) => at(row, 1)),
      },
    ],
    refresh,
    exemptions,
  });
  expect(breaches).toEqual([]);
});

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function at(value: unknown, index: number): unknown {
  return asList(value)[index];
}

function listIn(value: unknown, key: string): readonly unknown[] {
  return typeof value === "object" && value !== null ? asList(Reflect.get(value, key)) : [];
}

describeRecorded("hyperliquid, recorded", (read) => {
  test("the main dex of an older capture, without a list of HIP-3 dexes", async () => {
    const body = await read("hyperliquid", "meta-and-asset-ctxs.json");
    const { quotes, rejects } = await refresh({ ...MAIN_ALONE, [MAIN]: body });
    expect(rejects).toEqual([]);
    expect(quotes).toMatchObject([
      { base: "BTC", fundingRate: 0.00001793, markPrice: 36733, volume24hUsd: 27009889.88843001 },
      { base: "ETH", fundingRate: 0.00005324 },
    ]);
    expect(quotes[0]?.openInterestUsd).toBeCloseTo((34.37756 / 2) * 36733, 6);
  });

  test("the recorded list of dexes names its one HIP-3 dex", async () => {
    const list = await read("hyperliquid", "perp-dexs.json");
    const source = memorySource({ ...BODIES, [DEXS]: list, [dex("test")]: down }, { nowMs: AT });
    expect(symbols((await hyperliquid.refresh(source)).quotes)).toEqual(["BTC", "kPEPE"]);
    expect(source.requests).toContain(dex("test"));
  });

  test("recorded collateral tokens and contexts, joined by index to made-up names", async () => {
    const metas = asList(await read("hyperliquid", "all-perp-metas-cut.json"));
    const stream = await read("hyperliquid", "ws-all-dexs-asset-ctxs-cut.json");
    const data: unknown =
      typeof stream === "object" && stream !== null ? Reflect.get(stream, "data") : null;
    const contexts = new Map(
      listIn(data, "ctxs").map((entry) => [String(at(entry, 0)), asList(at(entry, 1))]),
    );
    const first = (meta: unknown, name: string): unknown => [
      meta,
      (contexts.get(name) ?? []).slice(0, 1),
    ];
    const names = ["BTC", "ETH", "X3", "X4", "X5"].map((name) => ({ name }));
    const { quotes, rejects } = await refresh({
      [MAIN]: [{ universe: names }, contexts.get("") ?? []],
      [DEXS]: [null, { name: "km" }, { name: "hyna" }],
      [TOKENS]: SPOT_META,
      [ANNOTATIONS]: CATEGORIES,
      [dex("km")]: first(metas[1], "km"),
      [dex("hyna")]: first(metas[2], "hyna"),
    });
    expect(rejects).toEqual([]);
    // The fourth context is that of a delisted contract.
    expect(symbols(quotes)).toEqual(["BTC", "ETH", "X3", "X5", "km:US500", "hyna:BTC"]);
    expect(quotes[0]).toMatchObject({ fundingRate: -0.0000015186, indexPrice: 77605 });
    expect(quotes.slice(4).map(({ settle, markPrice }) => [settle, markPrice])).toEqual([
      ["USDH", 752.44],
      ["USDE", 77595],
    ]);
  });
});
