import { describe, expect, test } from "bun:test";
import { classOfAsset } from "../../src/domain/disputed-classes.ts";
import { LEAVE_AFTER_CYCLES } from "../../src/domain/identity.ts";
import type { AssetClass } from "../../src/domain/quote.ts";
import { Market, on, times } from "../support/identity-market.ts";

const classed = (exchange: string, assetClass: AssetClass | null, price = 10, base = "FOO") =>
  on(exchange, price, { assetClass, base });

const MANY = "abcdefgh";
/** Exchanges that state these classes of one asset, one each. */
const statements = (...classes: readonly (AssetClass | null)[]) =>
  classes.map((assetClass, index) => ({ exchange: MANY[index] ?? "", assetClass }));

describe("the class of an asset", () => {
  test.each<[string, readonly (AssetClass | null)[], AssetClass | null]>([
    ["FOO", ["stock", "stock", "etf"], "stock"],
    ["FOO", ["stock", null, null], "stock"],
    ["FOO", [null, null], null],
    // The kind decides first: five call it a kind of share.
    ["FOO", ["crypto", "crypto", "crypto", "stock", "stock", "etf", "etf", "index"], "etf"],
    // Of equals the narrower word.
    ["FOO", ["stock", "etf"], "etf"],
    ["FOO", ["etf", "stock"], "etf"],
    ["FOO", ["commodity", "metal"], "metal"],
    ["FOO", ["crypto", "stock"], "stock"],
    ["FOO", ["crypto", "commodity", "forex"], "forex"],
    ["XAU", ["commodity", "commodity", "crypto"], "metal"],
    ["XAU", ["commodity", null], "metal"],
    ["SPY", ["index", "index", "stock"], "etf"],
    // A name alone proves no class.
    ["XAU", [null, null], null],
  ])("%s of exchanges that say %p is %p", (name, classes, expected) => {
    expect(classOfAsset(name, statements(...classes))).toBe(expected);
  });

  test("is decided by exchanges, however often one of them lists it", () => {
    const stuffed = [
      ...times(5, { exchange: "htx", assetClass: "crypto" } as const),
      { exchange: "bybit", assetClass: "stock" } as const,
      { exchange: "gate", assetClass: "stock" } as const,
    ];
    expect(classOfAsset("XOM", stuffed)).toBe("stock");
  });
});

describe("the class on a row", () => {
  test("is that of its confirmed asset, whatever its own exchange says, also under another ticker", () => {
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

  test("parts with an asset whose price splits: each half has the class of its own exchanges", () => {
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

  test("stays with an asset that is silent, and goes back when all but one exchange have left it", () => {
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

  test("of an asset that its last exchange no longer calls anything is unknown", () => {
    const market = new Market("FOO", [classed("a", "etf"), classed("b", null)]);
    market.decide();
    expect(market.classes()).toEqual(["etf", "etf"]);
    market.listings[0] = classed("a", null);
    market.decide();
    expect(market.classes()).toEqual([null, null]);
  });
});
