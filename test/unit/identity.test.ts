import { describe, expect, test } from "bun:test";
import { LEAVE_AFTER_CYCLES } from "../../src/domain/identity.ts";
import { NOW_MS, Market, on, times } from "../support/identity-market.ts";

describe("listings of one ticker", () => {
  test("that agree within 3 % are one confirmed asset; a single one is probable", () => {
    const market = new Market("BTC", [on("a", 100), on("b", 102.9), on("c", 99)]);
    expect(market.decide()).toEqual(times(3, ["BTC", "confirmed"]));
    expect(new Market("BTC", [on("a", 100)]).decide()).toEqual([["BTC", "probable"]]);
    const twins = new Market("BTC", [on("a", 100), on("a", 100.1)]);
    expect(twins.decide()).toEqual(times(2, ["BTC", "probable"]));
  });

  test("without any price have no asset yet and no conflict", () => {
    const market = new Market("BTC", [on("a", null), on("b", 100), on("c", 100)]);
    expect(market.decide()).toEqual([
      [null, "probable"],
      ["BTC", "confirmed"],
      ["BTC", "confirmed"],
    ]);
    market.listings[0] = on("a", 101);
    expect(market.decide()[0]).toEqual(["BTC", "confirmed"]);
  });

  test("whose multiplier reduces the price to zero are separate assets", () => {
    const market = new Market("LIT", [
      on("a", Number.MIN_VALUE, { multiplier: 1000 }),
      on("b", Number.MIN_VALUE, { multiplier: 1000 }),
      on("c", 2.7),
    ]);
    expect(new Set(market.decide().map(([assetId]) => assetId)).size).toBe(3);
  });

  test("the largest group keeps the plain name, a second group that agrees is a separate asset", () => {
    const lit = [on("a", 0.34), on("b", 2.71), on("c", 2.7), on("d", 0.341), on("e", 2.69)];
    expect(new Market("LIT", lit).decide()).toEqual([
      ["LIT~2", "confirmed"],
      ["LIT", "confirmed"],
      ["LIT", "confirmed"],
      ["LIT~2", "confirmed"],
      ["LIT", "confirmed"],
    ]);
  });

  test("an outlier is in conflict, the others are not", () => {
    const market = new Market("LIT", [on("a", 0.34), on("b", 2.71), on("c", 2.7)]);
    expect(market.decide()).toEqual([
      ["LIT~2", "conflict"],
      ["LIT", "confirmed"],
      ["LIT", "confirmed"],
    ]);
  });

  test("if only two disagree, neither is trusted; the larger open interest has the plain name", () => {
    const market = new Market("LIT", [
      on("a", 0.34, { openInterestUsd: 1_000 }),
      on("b", 2.71, { openInterestUsd: 5_000 }),
    ]);
    expect(market.decide()).toEqual([
      ["LIT~2", "conflict"],
      ["LIT", "conflict"],
    ]);
    market.listings.push(on("c", 2.72));
    expect(market.decide()).toEqual([
      ["LIT~2", "conflict"],
      ["LIT", "confirmed"],
      ["LIT", "confirmed"],
    ]);
  });
});

describe("multipliers", () => {
  test("in the ticker are applied before prices are compared", () => {
    const market = new Market("PEPE", [
      on("a", 0.004, { multiplier: 1000 }),
      on("b", 0.00000401),
      on("c", 4.02, { multiplier: 1_000_000 }),
    ]);
    expect(market.decide()).toEqual(times(3, ["PEPE", "confirmed"]));
    expect(market.multiplierOf(0)).toBeNull();
  });

  test("that prices contradict are undone", () => {
    const listings = [on("a", 0.000004), on("b", 0.00000401)];
    const wrong = on("c", 0.00000399, { multiplier: 1000 });
    const together = new Market("PEPE", [...listings, wrong]);
    expect(together.decide()).toEqual(times(3, ["PEPE", "confirmed"]));
    expect(together.multiplierOf(2)).toBe(1);
    const later = new Market("PEPE", listings);
    later.decide();
    later.listings.push(wrong);
    expect(later.decide()[2]).toEqual(["PEPE", "confirmed"]);
    expect([later.multiplierOf(2), later.multiplierOf(0)]).toEqual([1, null]);
  });

  test("that are wrong either way are a conflict", () => {
    const market = new Market("PEPE", [
      on("a", 0.000004),
      on("b", 0.00000401),
      on("c", 7, { multiplier: 1000 }),
    ]);
    expect(market.decide()[2]).toEqual(["PEPE~2", "conflict"]);
    expect(market.multiplierOf(2)).toBeNull();
  });
});

describe("over time", () => {
  const three = () => new Market("LIT", [on("a", 2.7), on("b", 2.71), on("c", 2.72)]);

  test("a member leaves after ten cycles beyond 10 %, not before, and a good cycle resets the count", () => {
    const market = three();
    market.decide();
    market.listings[2] = on("c", 3.5);
    expect(market.decide(LEAVE_AFTER_CYCLES - 1)[2]).toEqual(["LIT", "confirmed"]);
    market.listings[2] = on("c", 2.9);
    market.decide();
    market.listings[2] = on("c", 3.5);
    expect(market.decide(LEAVE_AFTER_CYCLES - 1)[2]).toEqual(["LIT", "confirmed"]);
    expect(market.decide()).toEqual([
      ["LIT", "confirmed"],
      ["LIT", "confirmed"],
      ["LIT~2", "conflict"],
    ]);
  });

  test("the same observation counts once, however often it is reviewed", () => {
    const market = three();
    market.decide();
    market.listings[2] = on("c", 3.5);
    market.decide();
    for (let review = 0; review < 3 * LEAVE_AFTER_CYCLES; review += 1) market.again();
    expect(market.decided()[2]).toEqual(["LIT", "confirmed"]);
  });

  test("an outlier that agrees for ten cycles returns", () => {
    const market = three();
    market.listings[2] = on("c", 30);
    market.decide();
    market.listings[2] = on("c", 2.7);
    expect(market.decide(LEAVE_AFTER_CYCLES - 1)[2]).toEqual(["LIT~2", "conflict"]);
    expect(market.decide()).toEqual(times(3, ["LIT", "confirmed"]));
  });

  test.each([
    ["one against one", [on("a", 2.7), on("b", 2.9)], [on("a", 2.8), on("b", 2.8)], "conflict"],
    [
      "two against two",
      [on("a", 2.7), on("b", 2.7), on("c", 2.9), on("d", 2.9)],
      [on("a", 2.8), on("b", 2.8), on("c", 2.8), on("d", 2.81)],
      "confirmed",
    ],
  ])(
    "%s that disagreed at first are one asset after ten cycles of agreement",
    (_, first, then, before) => {
      const market = new Market("LIT", first);
      expect(new Set(market.decide(30).map(([, identity]) => identity))).toEqual(new Set([before]));
      market.listings.splice(0, first.length, ...then);
      market.decide(LEAVE_AFTER_CYCLES);
      expect(market.decided()).toEqual(times(first.length, ["LIT", "confirmed"]));
    },
  );

  test("if two drift apart by more than 10 %, neither is trusted", () => {
    const market = new Market("LIT", [on("a", 1), on("b", 1)]);
    market.decide();
    market.listings[1] = on("b", 1.15);
    expect(market.decide(LEAVE_AFTER_CYCLES).map(([, identity]) => identity)).toEqual([
      "conflict",
      "conflict",
    ]);
  });

  test("a multiplier that prices contradict is undone also if its listing came first", () => {
    const market = new Market("PEPE", [on("a", 0.000004, { multiplier: 1000 })]);
    market.decide();
    market.listings.push(on("b", 0.000004), on("c", 0.00000401));
    expect(market.decide()[0]?.[1]).toBe("conflict");
    market.decide(LEAVE_AFTER_CYCLES);
    expect(market.decided()).toEqual(times(3, ["PEPE", "confirmed"]));
    expect(market.multiplierOf(0)).toBe(1);
  });

  test("one exchange does not outvote two, however many listings it has", () => {
    const market = new Market("FOO", [
      on("x", 7),
      on("x", 7.01),
      on("x", 7),
      on("y", 2),
      on("z", 2.01),
    ]);
    expect(market.decide()).toEqual([
      ...times(3, ["FOO~2", "conflict"] as const),
      ...times(2, ["FOO", "confirmed"] as const),
    ]);
  });

  test("a temporarily missing price changes nothing", () => {
    const market = three();
    market.decide();
    market.listings.splice(0, 3, on("a", null), on("b", null), on("c", null));
    expect(market.decide(30)).toEqual(times(3, ["LIT", "confirmed"]));
  });

  test("a new listing waits while the asset's price is unknown, and is a separate asset an hour later", () => {
    const market = new Market("LIT", [on("a", 2.7)]);
    market.decide();
    market.listings[0] = on("a", null, { observedAtMs: NOW_MS });
    market.listings.push(on("b", 2.71));
    expect(market.decide(5)[1]).toEqual([null, "probable"]);
    market.listings[0] = on("a", 2.7);
    expect(market.decide()[1]).toEqual(["LIT", "confirmed"]);
    const gone = new Market("LIT", [on("a", 2.7)]);
    gone.decide();
    gone.listings[0] = on("a", null, { observedAtMs: NOW_MS });
    gone.listings.push(on("b", 9));
    expect(gone.decide(61)[1]?.[0]).toBe("LIT~2");
  });

  test("names stay until another asset has more listings, and are then swapped", () => {
    const market = new Market("LIT", [on("a", 0.34), on("b", 0.34), on("c", 2.7)]);
    market.decide();
    market.listings.push(on("d", 2.7));
    expect(market.decide().map(([id]) => id)).toEqual(["LIT", "LIT", "LIT~2", "LIT~2"]);
    market.listings.push(on("e", 2.7));
    expect(market.decide().map(([id]) => id)).toEqual(["LIT~2", "LIT~2", "LIT", "LIT", "LIT"]);
  });
});
