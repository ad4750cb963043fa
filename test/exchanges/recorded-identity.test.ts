import { beforeAll, expect, test } from "bun:test";
import type { Candidate, Decision } from "../../src/domain/asset-cluster.ts";
import { commonName } from "../../src/domain/asset-names.ts";
import { identify, UNDECIDED } from "../../src/domain/identity.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { describeRecorded } from "../support/recorded.ts";
import { readMarket, type RecordedMarket, type RecordedQuote } from "../support/recorded-market.ts";
import { FRIDAY, SUNDAY } from "../support/recorded-replies.ts";

type Decided = RecordedQuote & Decision;

/** The review's decisions for quotes that were all read at one time. */
function decide({ quotes }: RecordedMarket): readonly Decided[] {
  const candidates = quotes.map(({ exchange, quote }, instrumentId): Candidate => {
    const { base, assetClass, multiplier, indexPrice, markPrice, lastPrice } = quote;
    return {
      instrumentId,
      exchange,
      base,
      assetClass,
      isClassByExclusion:
        assetClass === "crypto" && EXCHANGES[exchange].facts.coinsByExclusion === true,
      multiplier,
      price: indexPrice ?? markPrice ?? lastPrice ?? null,
      openInterestUsd: quote.openInterestUsd,
      observedAtMs: 0,
      held: UNDECIDED,
    };
  });
  const decisions = Map.groupBy(candidates, ({ base }) => commonName(base))
    .values()
    .flatMap((listings) => [...identify(listings, new Map(), 0)]);
  const decided = new Map(decisions);
  return quotes.map((listing, id) => ({ ...listing, ...(decided.get(id) ?? UNDECIDED) }));
}

/** The assets of listings whose tickers have a common name, each with its listings and what is known about it. */
function assetsOf(decided: readonly Decided[], name: string): Record<string, string[]> {
  const listings = decided.filter(({ quote }) => commonName(quote.base) === name);
  const assets = Map.groupBy(listings, ({ assetId, identity }) => `${assetId} ${identity}`);
  const line = ({ exchange, quote }: Decided): string => `${exchange} ${quote.base}`;
  return Object.fromEntries([...assets].map(([id, those]) => [id, those.map(line).toSorted()]));
}

/** The class on a listing's row. */
function shownClass({ settledClass, quote }: Decided): Quote["assetClass"] {
  return settledClass ?? quote.assetClass;
}

/** Names shared by several assets, and what those are. */
const APART: Readonly<Record<string, string>> = {
  BB: "BounceBit the coin; BlackBerry, which some list as BBX",
  CAT: "Simon's Cat the coin; Caterpillar, also CATSTOCK",
  QNT: "Quant the coin; Quantinuum, also QNTX",
  RTX: "RateX the coin; RTX Corporation: one exchange each, so that neither is confirmed",
  STX: "Stacks the coin; Seagate, also STXX",
};

describeRecorded("all exchanges together, recorded on a Sunday in September 2026", (read) => {
  let market: RecordedMarket = { quotes: [], unread: [] };
  let decided: readonly Decided[] = [];
  const assets = (name: string): Record<string, string[]> => assetsOf(decided, name);
  beforeAll(async () => {
    market = await readMarket(read, SUNDAY);
    decided = decide(market);
  });

  test("every exchange is read", () => {
    expect(market.unread).toEqual([]);
  });

  test.each([
    ["PAXG", 12, ["gate PAXG", "binance PAXG", "bitget PAXG"]],
    ["XAU", 13, ["bingx GOLD", "lbank GOLD", "binance XAU", "blofin XAU", "toobit XAU"]],
    ["XAUT", 3, ["gate XAUT", "toobit XAUT"]],
    ["EUR", 8, ["gate EURUSD", "toobit EUR", "weex EUR"]],
    ["SP500", 9, ["extended SPX500", "gate SPX500", "bitget SP500"]],
    ["BONK", 3, ["bitget BONK", "blofin BONK", "pacifica BONK"]],
    ["CL", 7, ["dydx WTI", "htx USOIL", "gate CL"]],
    ["NG", 2, ["blofin NG", "kucoin NATGAS"]],
    ["JP225", 3, ["htx JP225", "weex JP225"]],
    ["MU", 3, ["backpack MU", "extended MU", "lbank MUSTOCK"]],
  ])("%s is one asset on %d exchanges or more", (name, count, among) => {
    const found = assets(name);
    expect(Object.keys(found)).toEqual([`${name} confirmed`]);
    const listings = Object.values(found).flat();
    expect(listings).toEqual(expect.arrayContaining(among));
    expect(listings.length).toBeGreaterThanOrEqual(count);
  });

  test("XOM is listed by only one of these exchanges, as a share", () => {
    expect(assets("XOM")).toEqual({ "XOM probable": ["htx XOM"] });
    const classes = decided.flatMap(({ quote }) => (quote.base === "XOM" ? quote.assetClass : []));
    expect(classes).toEqual(["stock"]);
  });

  test("both CATs are confirmed: Caterpillar and the coin", () => {
    expect(assets("CAT")).toEqual({
      "CAT confirmed": ["binance CAT", "gate CAT", "weex CATSTOCK"],
      "CAT~2 confirmed": ["binance CAT", "weex CAT"],
    });
  });

  test("shares with a marker are separate from the coins with their letters", () => {
    expect(assets("BB")).toEqual({
      "BB confirmed": ["binance BB", "gate BB", "kucoin BB"],
      "BBX confirmed": ["aster BBX", "kucoin BBX"],
    });
    expect(assets("STX")).toEqual({
      "STX confirmed": ["gate STX", "kucoin STX"],
      "STXX probable": ["aster STXX"],
    });
    expect(assets("QNT")).toEqual({
      "QNT confirmed": ["gate QNT", "kucoin QNT"],
      "QNTX probable": ["kucoin QNTX"],
    });
  });

  test("no other name is split, and each split one denotes two assets", () => {
    const names = new Set(decided.map(({ quote }) => commonName(quote.base)));
    const apart = [...names].filter((name) => Object.keys(assets(name)).length > 1);
    expect(apart.toSorted()).toEqual(Object.keys(APART));
  });

  test("disputed classes are resolved: gold tokens are coins, ounces are metal, EUR is forex", () => {
    const classesOf = (name: string): Set<string | null> =>
      new Set(
        decided.flatMap((one) => (one.quote.base === name ? [shownClass(one)] : [])),
      ).difference(new Set([null]));
    expect(
      ["PAXG", "XAUT", "XAU", "XAG", "EUR", "USDC"].map((name) => [...classesOf(name)]),
    ).toEqual([["crypto"], ["crypto"], ["metal"], ["metal"], ["forex"], ["crypto"]]);
  });

  test("every confirmed asset has one class on all its rows, except a share that no exchange classifies", () => {
    const confirmed = decided.filter(({ identity }) => identity === "confirmed");
    const classesOf = Map.groupBy(confirmed, ({ assetId }) => assetId)
      .entries()
      .map(([id, rows]) => [id, [...new Set(rows.map(shownClass))]] as const)
      .toArray();
    expect(classesOf.length).toBe(25);
    expect(classesOf.filter(([, classes]) => classes.length !== 1)).toEqual([]);
    // On Orderly and GRVT, whose replies have no class.
    expect(classesOf.filter(([, [shown]]) => shown === null)).toEqual([["AAPL", [null]]]);
  });

  test.each<[string, Quote["assetClass"], ...string[]]>([
    ["XAU", "metal", "bingx GOLD commodity", "binance XAU null", "lbank GOLD null"],
    ["SPY", "etf", "weex SPY etf", "binance SPY etf"],
    ["SP500", "index", "bitget SP500 stock", "orderly SPX500 null", "gate SPX500 index"],
    ["EUR", "forex", "orderly EURUSD null", "gate EURUSD forex"],
  ])(
    "%s is %s on all, including exchanges that state another class or none",
    (name, shown, ...stated) => {
      const rows = decided.filter(({ assetId }) => assetId === name);
      const lines = rows.map(
        ({ exchange, quote }) => `${exchange} ${quote.base} ${quote.assetClass}`,
      );
      expect(lines).toEqual(expect.arrayContaining(stated));
      expect(rows.map(shownClass)).toEqual(rows.map(() => shown));
    },
  );

  test("an unconfirmed asset leaves each row its exchange's class", () => {
    const others = decided.filter(({ identity }) => identity !== "confirmed");
    expect(others.map(shownClass)).toEqual(others.map(({ quote }) => quote.assetClass));
  });

  test("no contract on shares that are not traded yet is shown", () => {
    const shown = decided.filter(({ quote }) => /OPENAI|ANTH|ANDURIL/.test(quote.base));
    expect(shown).toEqual([]);
  });
});

describeRecorded("more exchanges together, recorded on a Friday in September 2026", (read) => {
  test("every exchange is read, and no name denotes two assets", async () => {
    const market = await readMarket(read, FRIDAY);
    expect(market.unread).toEqual([]);
    const decided = decide(market);
    const otherwise = decided.filter(
      ({ quote, assetId }) => assetId !== null && assetId !== quote.base,
    );
    expect(otherwise).toEqual([]);
    expect(Object.keys(assetsOf(decided, "BTC"))).toEqual(["BTC confirmed"]);
  });
});
