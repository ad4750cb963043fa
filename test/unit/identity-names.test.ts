import { describe, expect, test } from "bun:test";
import type { Decision } from "../../src/domain/asset-cluster.ts";
import { commonName, nameOfAsset } from "../../src/domain/asset-names.ts";
import { LEAVE_AFTER_CYCLES } from "../../src/domain/identity.ts";
import type { AssetClass } from "../../src/domain/quote.ts";
import { type Listing, Market, on, times } from "../support/identity-market.ts";

const classed = (exchange: string, price: number, assetClass: AssetClass | null): Listing =>
  on(exchange, price, { assetClass });
const named = (exchange: string, base: string, price: number | null, openInterestUsd = 0) =>
  on(exchange, price, { base, openInterestUsd });

describe("classes of one ticker at one price", () => {
  test("a class stated by a minority makes no separate asset, whatever their number", () => {
    const paxg = new Market("PAXG", [
      classed("a", 4_345, "crypto"),
      classed("b", 4_346, "crypto"),
      classed("c", 4_344, "metal"),
      classed("d", 4_345, "metal"),
      classed("e", 4_347, "metal"),
      classed("f", 4_345, null),
    ]);
    expect(paxg.decide()).toEqual(times(6, ["PAXG", "confirmed"]));
    const xom = new Market("XOM", [
      classed("htx", 114, "crypto"),
      classed("b", 114.2, "stock"),
      classed("c", 114.1, "stock"),
    ]);
    expect(xom.decide()).toEqual(times(3, ["XOM", "confirmed"]));
  });

  test("a coin and a share with the same ticker stay two assets, and two exchanges confirm each", () => {
    const cat = new Market("CAT", [
      classed("binance", 817.9, "stock"),
      classed("gate", 817.1, "stock"),
      classed("binance", 0.00000212, "crypto"),
      classed("weex", 0.00000213, "crypto"),
    ]);
    expect(cat.decide(30)).toEqual([
      ...times(2, ["CAT", "confirmed"] as const),
      ...times(2, ["CAT~2", "confirmed"] as const),
    ]);
  });

  test("a coin and a share whose prices coincided separate again when their prices do", () => {
    const lit = new Market("LIT", [
      ...["a", "b", "c"].map((exchange) => classed(exchange, 1, "crypto")),
      ...["d", "e"].map((exchange) => classed(exchange, 1.5, "stock")),
    ]);
    const move = (price: number): void => {
      for (const [place, exchange] of ["d", "e"].entries())
        lit.listings[3 + place] = classed(exchange, price, "stock");
    };
    lit.decide(3);
    move(1.02);
    expect(lit.decide(15)).toEqual(times(5, ["LIT", "confirmed"]));
    move(1.09);
    expect(lit.decide(LEAVE_AFTER_CYCLES + 1)).toEqual([
      ...times(3, ["LIT", "confirmed"] as const),
      ...times(2, ["LIT~2", "confirmed"] as const),
    ]);
  });

  test("an exchange has one vote in the price of an asset, however often it lists it", () => {
    const lit = new Market("LIT", [
      ...times(4, on("x", 1)),
      ...["a", "b", "c"].map((exchange) => on(exchange, 1)),
      ...["d", "e"].map((exchange) => on(exchange, 1.09)),
    ]);
    lit.decide(3);
    // Four of seven prices, from one exchange, are close to the other asset's.
    for (const index of [0, 1, 2, 3]) lit.listings[index] = on("x", 1.065);
    expect(lit.decide(3 * LEAVE_AFTER_CYCLES).slice(4)).toEqual([
      ...times(3, ["LIT", "confirmed"] as const),
      ...times(2, ["LIT~2", "confirmed"] as const),
    ]);
  });

  test("a listing without a price keeps only its own ticker apart, not other tickers of the same asset", () => {
    const gram = new Market("GRAM", [named("x", "TON", 3)]);
    gram.decide(2);
    gram.listings[0] = named("x", "TON", null);
    gram.listings.push(...["a", "b", "c"].map((exchange) => named(exchange, "GRAM", 7)));
    gram.listings.push(named("d", "TON", 7));
    const decided = gram.decide(2);
    expect(decided.slice(1, 4).map(([, identity]) => identity)).toEqual(times(3, "confirmed"));
    expect(decided[4]?.[0]).not.toBe(decided[0]?.[0]);
  });

  test("two exchanges that agree in price but not in class confirm nothing, and have no conflict", () => {
    const two = [classed("a", 10, "crypto"), classed("b", 10, "stock")];
    expect(new Market("FOO", two).decide()).toEqual(times(2, ["FOO", "probable"]));
    const third = new Market("FOO", [...two, classed("c", 10.1, "etf")]);
    expect(third.decide()).toEqual(times(3, ["FOO", "confirmed"]));
    const other = new Market("FOO", [...two, on("c", 7), on("d", 7)]);
    expect(other.decide().map(([, identity]) => identity)).toEqual([
      "conflict",
      "conflict",
      "confirmed",
      "confirmed",
    ]);
  });

  test("assets that were split by class become one within ten cycles of a new start", () => {
    const decided = (assetId: string, identity: Decision["identity"]): Decision => ({
      assetId,
      identity,
      provenMultiplier: null,
      settledClass: null,
    });
    const market = new Market(
      "XAU",
      [
        classed("a", 4_345, "metal"),
        classed("b", 4_346, "metal"),
        classed("c", 4_344, "metal"),
        classed("blofin", 4_345, "crypto"),
        classed("edgex", 4_347, "crypto"),
        classed("toobit", 4_346, "stock"),
      ],
      [
        ...times(3, decided("XAU", "confirmed")),
        ...times(2, decided("XAU~2", "confirmed")),
        decided("XAU~3", "conflict"),
      ],
    );
    market.decide(LEAVE_AFTER_CYCLES);
    expect(market.decided()).toEqual(times(6, ["XAU", "confirmed"]));
  });
});

describe("one asset under several tickers", () => {
  test("is grouped by its common name if prices agree", () => {
    const gold = new Market("XAU", [
      named("a", "XAU", 4_345),
      named("b", "GOLD", 4_340),
      named("c", "GOLD", 4_350),
    ]);
    expect(gold.decide()).toEqual(times(3, ["XAU", "confirmed"]));
    const index = new Market("SP500", [named("a", "SPX500", 7_620), named("b", "US500", 7_615)]);
    expect(index.decide()).toEqual(times(2, ["SP500", "confirmed"]));
  });

  test("keeps its letters while no other price supports the common name", () => {
    const alone = new Market("XAU", [named("a", "GOLD", 4_345), named("b", "GOLD", 4_346)]);
    expect(alone.decide()).toEqual(times(2, ["GOLD", "confirmed"]));
    const shares = new Market("XAU", [
      named("a", "XAU", 4_345),
      named("b", "XAU", 4_346),
      named("c", "GOLD", 52),
      named("d", "GOLD", null),
    ]);
    expect(shares.decide()).toEqual([
      ["XAU", "confirmed"],
      ["XAU", "confirmed"],
      ["GOLD", "probable"],
      [null, "probable"],
    ]);
  });

  test("a coin keeps its name next to a share listed with a mark, and the share is one asset", () => {
    const market = new Market("STX", [
      named("a", "STX", 0.27),
      named("b", "STX", 0.271),
      named("c", "STX", 0.27),
      named("d", "STXX", 818),
      named("e", "STX", 819),
    ]);
    expect(market.decide()).toEqual([
      ...times(3, ["STX", "confirmed"] as const),
      ...times(2, ["STX~2", "confirmed"] as const),
    ]);
  });

  test("an older coin whose name another one took over stays separate", () => {
    const market = new Market("GRAM", [
      named("a", "TON", 1.6),
      named("b", "GRAM", 1.61),
      named("c", "GRAM", 1.6),
      named("d", "GRAM", 0.004),
    ]);
    expect(market.decide()).toEqual([
      ...times(3, ["GRAM", "confirmed"] as const),
      ["GRAM~2", "conflict"],
    ]);
  });

  test("assets that were identified by their letters become one within ten cycles of a new start", () => {
    const held = ["XAU", "XAU", "GOLD", "GOLD"].map((assetId): Decision => {
      return { assetId, identity: "confirmed", provenMultiplier: null, settledClass: null };
    });
    const market = new Market(
      "XAU",
      [
        named("a", "XAU", 4_345),
        named("b", "XAU", 4_346),
        named("c", "GOLD", 4_340),
        named("d", "GOLD", 4_344),
      ],
      held,
    );
    expect(market.decide().map(([assetId]) => assetId)).toEqual(["XAU", "XAU", "GOLD", "GOLD"]);
    market.decide(LEAVE_AFTER_CYCLES - 1);
    expect(market.decided()).toEqual(times(4, ["XAU", "confirmed"]));
  });

  test("a name that is no longer proposed reverts to its letters", () => {
    const held: Decision = {
      assetId: "OTHER~3",
      identity: "confirmed",
      provenMultiplier: null,
      settledClass: null,
    };
    const market = new Market("FOO", [on("a", 1), on("b", 1)], [held, held]);
    expect(market.decide()).toEqual(times(2, ["FOO", "confirmed"]));
  });
});

test.each([
  ["GOLD", "XAU"],
  ["TON", "GRAM"],
  ["MATIC", "POL"],
  ["FTM", "S"],
  ["RNDR", "RENDER"],
  ["EOS", "A"],
  ["EURUSD", "EUR"],
  ["US500", "SP500"],
  ["SPX500M", "SP500"],
  ["TECH100", "NAS100"],
  ["US100", "NAS100"],
  ["BTTC", "BTT"],
  ["BIANRENSHENG", "币安人生"],
  ["WTI", "CL"],
  ["USOIL", "CL"],
  ["NATGAS", "NG"],
  ["JPN225", "JP225"],
  ["MUSTOCK", "MU"],
  ["CATSTOCK", "CAT"],
  ["STXX", "STX"],
  ["BBX", "BB"],
  ["QNTX", "QNT"],
  ["SPX", "SPX"],
  ["STOCK", "STOCK"],
  ["BTC", "BTC"],
])("%s is compared with the listings of %s", (ticker, name) => {
  expect(commonName(ticker)).toBe(name);
  expect(commonName(name)).toBe(name);
});

test("an asset's name is its id without the number", () => {
  expect(["LIT", "LIT~2", "LIT~12", "A~B"].map(nameOfAsset)).toEqual(["LIT", "LIT", "LIT", "A~B"]);
});
