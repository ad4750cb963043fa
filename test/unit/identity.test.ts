import { describe, expect, test } from "bun:test";
import type { Candidate, Decision } from "../../src/domain/asset-cluster.ts";
import { type Doubts, identify, LEAVE_AFTER_CYCLES, UNDECIDED } from "../../src/domain/identity.ts";

const NOW_MS = Date.UTC(2026, 10, 2, 12, 0, 0);
const CYCLE_MS = 60_000;

type Listing = Partial<Candidate> & Pick<Candidate, "exchange" | "price">;

/** The listings of one base over time: prices are changed by the test, decisions are kept as the database keeps them. */
class Market {
  readonly doubts: Doubts = new Map();
  readonly listings: Listing[];
  readonly base: string;
  #held = new Map<number, Decision>();
  #nowMs = NOW_MS;

  constructor(base: string, listings: readonly Listing[]) {
    this.base = base;
    this.listings = [...listings];
  }

  /** Decides `cycles` times, each a cycle of all exchanges later; returns [asset_id, identity] per listing. */
  decide(cycles = 1): (readonly [string | null, string])[] {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      this.#nowMs += CYCLE_MS;
      this.again();
    }
    return this.decided();
  }

  /** Decides once more with the same observations. */
  again(): void {
    this.#held = new Map(identify(this.candidates(), this.doubts, this.#nowMs));
  }

  decided(): (readonly [string | null, string])[] {
    return this.candidates().map(({ held }) => [held.assetId, held.identity] as const);
  }

  multiplierOf(index: number): number | null {
    return this.#held.get(index)?.provenMultiplier ?? null;
  }

  candidates(): Candidate[] {
    return this.listings.map((listing, index) => ({
      instrumentId: index,
      base: this.base,
      assetClass: null,
      multiplier: 1,
      openInterestUsd: null,
      observedAtMs: this.#nowMs,
      held: this.#held.get(index) ?? UNDECIDED,
      ...listing,
    }));
  }
}

const times = <T>(count: number, same: T): T[] => Array.from({ length: count }, () => same);

const on = (exchange: string, price: number | null, extra: Partial<Candidate> = {}): Listing => ({
  exchange,
  price,
  ...extra,
});

describe("listings of one ticker", () => {
  test("that agree within 3 % are one confirmed asset; alone, it is probable", () => {
    const market = new Market("BTC", [on("a", 100), on("b", 102.9), on("c", 99)]);
    expect(market.decide()).toEqual(times(3, ["BTC", "confirmed"]));
    expect(new Market("BTC", [on("a", 100)]).decide()).toEqual([["BTC", "probable"]]);
    const twins = new Market("BTC", [on("a", 100), on("a", 100.1)]);
    expect(twins.decide()).toEqual(times(2, ["BTC", "probable"]));
  });

  test("without any price have no asset yet and are in no conflict", () => {
    const market = new Market("BTC", [on("a", null), on("b", 100), on("c", 100)]);
    expect(market.decide()).toEqual([
      [null, "probable"],
      ["BTC", "confirmed"],
      ["BTC", "confirmed"],
    ]);
    market.listings[0] = on("a", 101);
    expect(market.decide()[0]).toEqual(["BTC", "confirmed"]);
  });

  test("the largest group keeps the plain name, a second one that agrees is an asset of its own", () => {
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

  test("of a tie nobody is believed; the larger open interest has the plain name", () => {
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

  test("classes that differ are never one asset, at whatever price; an unknown class joins by price", () => {
    const market = new Market("META", [
      on("a", 600, { assetClass: "stock" }),
      on("b", 601, { assetClass: "etf" }),
      on("c", 600, { assetClass: "crypto" }),
      on("d", 599),
    ]);
    const [stock, etf, coin, unknown] = market.decide();
    expect([stock, etf, unknown]).toEqual(times(3, ["META", "confirmed"]));
    expect(coin).toEqual(["META~2", "conflict"]);
    const gold = new Market("XAU", [
      on("a", 4_000, { assetClass: "metal" }),
      on("b", 4_001, { assetClass: "commodity" }),
    ]);
    expect(gold.decide()).toEqual(times(2, ["XAU", "confirmed"]));
  });
});

describe("multipliers", () => {
  test("of the ticker are applied before prices are compared", () => {
    const market = new Market("PEPE", [
      on("a", 0.004, { multiplier: 1000 }),
      on("b", 0.00000401),
      on("c", 4.02, { multiplier: 1_000_000 }),
    ]);
    expect(market.decide()).toEqual(times(3, ["PEPE", "confirmed"]));
    expect(market.multiplierOf(0)).toBeNull();
  });

  test("that price contradicts are undone", () => {
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

  test("that neither reading makes right are a conflict", () => {
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

  test("a member leaves after ten cycles beyond 10 %, not before, and a good cycle starts the count anew", () => {
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

  test("the same observation counts once, however often it is looked at", () => {
    const market = three();
    market.decide();
    market.listings[2] = on("c", 3.5);
    market.decide();
    for (let look = 0; look < 3 * LEAVE_AFTER_CYCLES; look += 1) market.again();
    expect(market.decided()[2]).toEqual(["LIT", "confirmed"]);
  });

  test("an outlier that agrees for ten cycles comes back", () => {
    const market = three();
    market.listings[2] = on("c", 30);
    market.decide();
    market.listings[2] = on("c", 2.7);
    expect(market.decide(LEAVE_AFTER_CYCLES - 1)[2]).toEqual(["LIT~2", "conflict"]);
    expect(market.decide()).toEqual(times(3, ["LIT", "confirmed"]));
  });

  test.each([
    ["one against one", [on("a", 2.7), on("b", 2.9)], [on("a", 2.8), on("b", 2.8)]],
    [
      "two against two",
      [on("a", 2.7), on("b", 2.7), on("c", 2.9), on("d", 2.9)],
      [on("a", 2.8), on("b", 2.8), on("c", 2.8), on("d", 2.81)],
    ],
  ])(
    "%s that did not agree at first are one asset after ten cycles of agreeing",
    (_, first, then) => {
      const market = new Market("LIT", first);
      expect(new Set(market.decide(30).map(([, identity]) => identity))).toEqual(
        new Set(["conflict"]),
      );
      market.listings.splice(0, first.length, ...then);
      market.decide(LEAVE_AFTER_CYCLES);
      expect(market.decided()).toEqual(times(first.length, ["LIT", "confirmed"]));
    },
  );

  test("of two that drift apart by more than 10 % neither is believed", () => {
    const market = new Market("LIT", [on("a", 1), on("b", 1)]);
    market.decide();
    market.listings[1] = on("b", 1.15);
    expect(market.decide(LEAVE_AFTER_CYCLES).map(([, identity]) => identity)).toEqual([
      "conflict",
      "conflict",
    ]);
  });

  test("a multiplier that price contradicts is undone also when its listing came first", () => {
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

  test("a price that is missing for a while changes nothing", () => {
    const market = three();
    market.decide();
    market.listings.splice(0, 3, on("a", null), on("b", null), on("c", null));
    expect(market.decide(30)).toEqual(times(3, ["LIT", "confirmed"]));
  });

  test("a newcomer waits while the asset's price is unknown, and an hour later is one of its own", () => {
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

  test("names stay until another asset has more listings, and then change places", () => {
    const market = new Market("LIT", [on("a", 0.34), on("b", 0.34), on("c", 2.7)]);
    market.decide();
    market.listings.push(on("d", 2.7));
    expect(market.decide().map(([id]) => id)).toEqual(["LIT", "LIT", "LIT~2", "LIT~2"]);
    market.listings.push(on("e", 2.7));
    expect(market.decide().map(([id]) => id)).toEqual(["LIT~2", "LIT~2", "LIT", "LIT", "LIT"]);
  });
});

test("generated markets: members of one asset agree, two coins of one ticker never meet, order does not matter", () => {
  let seed = 7;
  const draw = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
  for (let round = 0; round < 300; round += 1) {
    const ratio = 1.3 + draw() * 50;
    const listings = Array.from({ length: 2 + Math.floor(draw() * 12) }, (_, index) => {
      const isOther = draw() < 0.4;
      const multiplier = draw() < 0.3 ? 1000 : 1;
      const unit = (isOther ? ratio : 1) * (1 + (draw() - 0.5) * 0.01);
      return { isOther, listing: on(`x${index}`, unit * multiplier, { multiplier }) };
    });
    const market = new Market(
      "LIT",
      listings.map(({ listing }) => listing),
    );
    const ids = market.decide().map(([id]) => id);
    for (const [i, { isOther }] of listings.entries()) {
      for (const [j, other] of listings.entries())
        expect(ids[i] === ids[j]).toBe(isOther === other.isOther);
    }
    const backwards = new Market("LIT", listings.map(({ listing }) => listing).toReversed());
    const grouping = (all: readonly (readonly [string | null, string])[]): string[] =>
      all.map(([, identity]) => identity);
    expect(grouping(backwards.decide()).toReversed()).toEqual(grouping(market.decided()));
    expect(market.decide(3).map(([id]) => id)).toEqual(ids);
  }
});
