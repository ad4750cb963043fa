import { describe, expect, test } from "bun:test";
import { classOfAsset } from "../../src/domain/disputed-classes.ts";
import { LEAVE_AFTER_CYCLES } from "../../src/domain/identity.ts";
import type { AssetClass } from "../../src/domain/quote.ts";
import { Market, on, times } from "../support/identity-market.ts";

const classed = (exchange: string, assetClass: AssetClass | null, price = 10, base = "FOO") =>
  on(exchange, price, { assetClass, base });

const MANY = "abcdefgh";
/** One exchange for each of these classes, all listing one asset. */
const statements = (...classes: readonly (AssetClass | null)[]) =>
  classes.map((assetClass, index) => ({ exchange: MANY[index] ?? "", assetClass }));

describe("the class of an asset", () => {
  test.each<[string, readonly (AssetClass | null)[], AssetClass | null]>([
    ["FOO", ["stock", "stock", "etf"], "stock"],
    ["FOO", ["stock", null, null], "stock"],
    ["FOO", [null, null], null],
    // The class family decides first: five state a class in the share family.
    ["FOO", ["crypto", "crypto", "crypto", "stock", "stock", "etf", "etf", "index"], "etf"],
    // In a tie the narrower class wins.
    ["FOO", ["stock", "etf"], "etf"],
    ["FOO", ["etf", "stock"], "etf"],
    ["FOO", ["commodity", "metal"], "metal"],
    // In a tie of families nothing wins: coin and share contradict each other, and each row keeps its exchange's class.
    ["FOO", ["crypto", "stock"], null],
    ["FOO", ["crypto", "crypto", "stock", "stock", null], null],
    ["FOO", ["crypto", "commodity", "forex"], null],
    ["FOO", ["crypto", "crypto", "stock", "etf"], null],
    ["XAU", ["crypto", "metal"], "metal"],
    ["XAU", ["crypto", "crypto"], "metal"],
    ["EUR", ["stock", "forex"], "forex"],
    ["PAXG", ["metal", "metal"], "crypto"],
    ["USDC", ["forex", "crypto"], "crypto"],
    ["BTCDOM", ["index", "crypto", "crypto"], "index"],
    ["BTCDOM", ["crypto", "crypto"], "index"],
    // A coin has the same ticker.
    ["DEFI", ["index", "crypto", "crypto"], "index"],
    ["DEFI", ["crypto", "crypto"], "crypto"],
    ["SPY", ["crypto", "crypto"], "crypto"],
    ["XAU", ["commodity", "commodity", "crypto"], "metal"],
    ["XAU", ["commodity", null], "metal"],
    ["SPY", ["index", "index", "stock"], "etf"],
    // A name alone proves no class.
    ["XAU", [null, null], null],
  ])("%s of exchanges that state %p is %p", (name, classes, expected) => {
    expect(classOfAsset(name, statements(...classes))).toBe(expected);
  });

  test("is decided by exchanges, however often one of them lists the asset", () => {
    const stuffed = [
      ...times(5, { exchange: "htx", assetClass: "crypto" } as const),
      { exchange: "bybit", assetClass: "stock" } as const,
      { exchange: "gate", assetClass: "stock" } as const,
    ];
    expect(classOfAsset("XOM", stuffed)).toBe("stock");
  });
});

describe("a coin by elimination", () => {
  const excluded = (exchange: string, price = 10) =>
    on(exchange, price, { assetClass: "crypto", isClassByExclusion: true });

  test.each<[readonly (AssetClass | null)[], AssetClass]>([
    [["index"], "index"],
    [["stock", null], "stock"],
    [["crypto"], "crypto"],
    [[], "crypto"],
    [[null], "crypto"],
  ])("on three exchanges, next to others that state %p, is %p on all", (stated, expected) => {
    const market = new Market("FOO", [
      ...["x", "y", "z"].map((exchange) => excluded(exchange)),
      ...stated.map((assetClass, index) => on(MANY[index] ?? "", 10.01, { assetClass })),
    ]);
    expect(market.decide().map(([, identity]) => identity)).toEqual(
      times(3 + stated.length, "confirmed"),
    );
    expect(market.classes()).toEqual(times(3 + stated.length, expected));
  });

  test("is confirmed as the class that one other exchange states", () => {
    const market = new Market("FOO", [excluded("x"), classed("a", "index")]);
    expect(market.decide()).toEqual(times(2, ["FOO", "confirmed"]));
    expect(market.classes()).toEqual(times(2, "index"));
  });

  test("stays a coin at another price", () => {
    const market = new Market("FOO", [
      ...["x", "y"].map((exchange) => excluded(exchange, 0.5)),
      ...["a", "b"].map((exchange) => classed(exchange, "stock")),
    ]);
    market.decide();
    expect(market.classes()).toEqual(["crypto", "crypto", "stock", "stock"]);
  });
});

describe("the table of disputed classes", () => {
  test.each<[string, AssetClass, number]>([
    ["SPY", "etf", 760],
    ["XAU", "metal", 4_345],
    ["EUR", "forex", 1.17],
    ["DEFI", "index", 520],
    ["BTCDOM", "index", 5_190],
  ])("leaves a coin with the ticker %s at another price a coin", (base, expected, price) => {
    for (const stated of [[expected, expected], [expected, null], [expected]] as const) {
      const market = new Market(base, [
        ...["a", "b", "c"].map((exchange) => on(exchange, 0.002, { assetClass: "crypto" })),
        ...stated.map((assetClass, index) => on("xyz"[index] ?? "", price, { assetClass })),
      ]);
      market.decide(3);
      expect(market.classes()).toEqual([
        ...times<AssetClass>(3, "crypto"),
        ...times(stated.length, expected),
      ]);
    }
  });

  test("applies to the asset that most exchanges classify that way", () => {
    const market = new Market("SPY", [
      classed("a", "crypto", 0.5, "SPY"),
      classed("b", "crypto", 0.5, "SPY"),
      classed("c", "etf", 0.5, "SPY"),
      classed("d", "stock", 30, "SPY"),
      classed("e", "stock", 30, "SPY"),
      classed("a", "etf", 760, "SPY"),
      classed("b", "index", 761, "SPY"),
      classed("c", "etf", 760, "SPY"),
    ]);
    market.decide();
    expect(market.classes()).toEqual([
      ...times<AssetClass>(3, "crypto"),
      ...times<AssetClass>(2, "stock"),
      ...times<AssetClass>(3, "etf"),
    ]);
  });

  test("does not apply to a listing not matched by price, and stops applying when a matched one leaves", () => {
    const market = new Market("XAU", [
      on("a", null, { assetClass: "crypto" }),
      classed("b", "metal", 4_345, "XAU"),
      classed("c", "metal", 4_345, "XAU"),
    ]);
    market.decide();
    expect(market.classes()).toEqual(["crypto", "metal", "metal"]);
    market.listings[0] = classed("a", "crypto", 4_340, "XAU");
    market.decide();
    expect(market.classes()).toEqual(times(3, "metal"));
    market.listings[0] = classed("a", "crypto", 0.5, "XAU");
    market.decide(LEAVE_AFTER_CYCLES);
    expect(market.classes()).toEqual(["crypto", "metal", "metal"]);
  });

  test("lets gold that one exchange calls a coin be confirmed by one that does not", () => {
    const market = new Market("XAU", [
      classed("a", "crypto", 4_345, "XAU"),
      classed("b", "metal", 4_346, "XAU"),
    ]);
    expect(market.decide()).toEqual(times(2, ["XAU", "confirmed"]));
    expect(market.classes()).toEqual(times(2, "metal"));
  });
});

describe("the class on a row", () => {
  test("is its own exchange's if as many call the asset a coin as a share", () => {
    const market = new Market("FOO", [
      classed("a", "crypto"),
      classed("b", "crypto"),
      classed("c", "stock"),
      classed("d", "stock"),
      classed("e", null),
    ]);
    expect(market.decide()).toEqual(times(5, ["FOO", "confirmed"]));
    expect(market.classes()).toEqual(["crypto", "crypto", "stock", "stock", null]);
  });

  test("is that of its confirmed asset, whatever its own exchange states, also under another ticker", () => {
    const market = new Market("XAU", [
      classed("a", "metal", 4_345, "XAU"),
      classed("b", "commodity", 4_340, "GOLD"),
      classed("c", null, 4_350, "GOLD"),
      classed("d", "crypto", 4_346, "XAU"),
    ]);
    market.decide();
    expect(market.classes()).toEqual(times(4, "metal"));
  });

  test("is its exchange's while no other exchange confirms it", () => {
    const market = new Market("XAU", [
      classed("a", "metal", 4_345, "XAU"),
      classed("b", "metal", 4_346, "XAU"),
      // A share of that ticker, and a listing without a price.
      classed("c", "stock", 52, "GOLD"),
      on("d", null, { base: "GOLD", assetClass: "commodity" }),
    ]);
    market.decide();
    expect(market.classes()).toEqual(["metal", "metal", "stock", "commodity"]);
    const disputed = new Market("FOO", [classed("a", "crypto"), classed("b", "stock")]);
    disputed.decide();
    expect(disputed.classes()).toEqual(["crypto", "stock"]);
  });

  test("is not confirmed by one exchange that lists the asset under two tickers", () => {
    const market = new Market("XAU", [
      classed("a", "commodity", 4_345, "GOLD"),
      classed("a", "metal", 4_345, "XAU"),
    ]);
    expect(market.decide()).toEqual(times(2, ["XAU", "probable"]));
    expect(market.classes()).toEqual(["commodity", "metal"]);
    market.listings.push(classed("b", null, 4_344, "GOLD"));
    market.decide();
    expect(market.classes()).toEqual(times(3, "metal"));
  });

  test("is split with an asset whose price splits: each half has the class of its own exchanges", () => {
    const market = new Market("LIT", [
      ...["a", "b", "c"].map((exchange) => classed(exchange, "crypto", 1, "LIT")),
      ...["d", "e"].map((exchange) => classed(exchange, "stock", 1, "LIT")),
    ]);
    market.decide();
    expect(market.classes()).toEqual(times(5, "crypto"));
    for (const [index, exchange] of ["d", "e"].entries())
      market.listings[3 + index] = classed(exchange, "stock", 1.2, "LIT");
    market.decide(LEAVE_AFTER_CYCLES - 1);
    expect(market.classes()).toEqual(times(5, "crypto"));
    market.decide(2);
    expect(market.classes()).toEqual([
      ...times<AssetClass>(3, "crypto"),
      ...times<AssetClass>(2, "stock"),
    ]);
  });

  test("stays with an asset without updates, and reverts when all but one exchange have delisted it", () => {
    const market = new Market("FOO", [
      classed("a", "etf"),
      classed("b", "stock"),
      classed("c", "etf"),
    ]);
    market.decide();
    expect(market.classes()).toEqual(times(3, "etf"));
    for (const [index, exchange] of ["a", "b", "c"].entries())
      market.listings[index] = on(exchange, null, {
        assetClass: exchange === "b" ? "stock" : "etf",
      });
    market.decide(2);
    expect(market.classes()).toEqual(times(3, "etf"));
    // The others are delisted.
    market.listings.splice(0, 3, classed("b", "stock"));
    market.decide();
    expect(market.decided()).toEqual([["FOO", "probable"]]);
    expect(market.classes()).toEqual(["stock"]);
  });

  test("is unknown if the last exchange of the asset no longer states one", () => {
    const market = new Market("FOO", [classed("a", "etf"), classed("b", null)]);
    market.decide();
    expect(market.classes()).toEqual(["etf", "etf"]);
    market.listings[0] = classed("a", null);
    market.decide();
    expect(market.classes()).toEqual([null, null]);
  });
});
