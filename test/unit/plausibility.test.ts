import { describe, expect, test } from "bun:test";
import {
  IMPLAUSIBLE,
  implausibleInMarket,
  implausibleInRow,
  type Sizes,
} from "../../src/domain/plausibility.ts";

const EXCHANGES = ["a", "b", "c", "d"];
const ASSETS = Array.from({ length: 25 }, (_, index) => `COIN${index}`);

/** Each exchange lists each asset; sizes decrease with the asset's rank and are the exchange's own share of them. */
function market(change: (row: Sizes) => Partial<Sizes> = () => ({})): Sizes[] {
  return EXCHANGES.flatMap((exchange, place) =>
    ASSETS.map((assetId, rank): Sizes => {
      const share = [1, 0.5, 2, 0.01][place] ?? 1;
      const row = {
        instrumentId: place * 100 + rank,
        exchange,
        quote: "USDT",
        assetId,
        volume24hUsd: (share * 1e9) / (rank + 1),
        openInterestUsd: (share * 4e8) / (rank + 1),
        ratePerHour: (rank % 2 === 0 ? 1 : -1) * 0.00003 * (1 + rank / 10),
      };
      return { ...row, ...change(row) };
    }),
  );
}

const isRow = (row: Sizes, exchange: string, rank: number): boolean =>
  row.exchange === exchange && row.assetId === `COIN${rank}`;

describe("quantities compared with the market", () => {
  test("a market in which exchanges differ in size is plausible", () => {
    expect(implausibleInMarket(market()).rows.size).toBe(0);
  });

  test.each([100, 1 / 100])(
    "a volume of %p times the usual one of its exchange is implausible, alone",
    (factor) => {
      const rows = market((row) =>
        isRow(row, "d", 3) ? { volume24hUsd: (row.volume24hUsd ?? 0) * factor } : {},
      );
      expect([...implausibleInMarket(rows).rows]).toEqual([[303, IMPLAUSIBLE.volume]]);
    },
  );

  test("open interest in coins instead of dollars is implausible; 25 times as much is not", () => {
    const of = (factor: number) =>
      implausibleInMarket(
        market((row) =>
          isRow(row, "b", 0) ? { openInterestUsd: (row.openInterestUsd ?? 0) * factor } : {},
        ),
      ).rows;
    expect([...of(1 / 80_000)]).toEqual([[100, IMPLAUSIBLE.openInterest]]);
    expect(of(25).size + of(1 / 25).size).toBe(0);
  });

  test("thin listings in another currency next to the main ones are plausible, and one of them may be wrong", () => {
    const twins = market()
      .filter(({ exchange }) => exchange === "a")
      .map((row) => ({
        ...row,
        instrumentId: row.instrumentId + 1_000,
        quote: "USDC",
        volume24hUsd: (row.volume24hUsd ?? 0) / 100,
      }));
    expect(implausibleInMarket([...market(), ...twins]).rows.size).toBe(0);
    const [first, ...rest] = twins;
    if (first === undefined) throw new Error("no twin");
    const wrong = { ...first, volume24hUsd: (first.volume24hUsd ?? 0) * 1_000 };
    expect([...implausibleInMarket([...market(), wrong, ...rest]).rows]).toEqual([[1_000, 1]]);
  });

  test("without an asset, or with too few exchanges or instruments, nothing is compared", () => {
    const wrong = (row: Sizes) => (isRow(row, "d", 3) ? { volume24hUsd: 1e15 } : {});
    const nameless = market((row) =>
      isRow(row, "d", 3) ? { volume24hUsd: 1e15, assetId: null } : {},
    );
    expect(implausibleInMarket(nameless).rows.size).toBe(0);
    const twoExchanges = market(wrong).filter(
      ({ exchange }) => exchange === "c" || exchange === "d",
    );
    expect(implausibleInMarket(twoExchanges).rows.size).toBe(0);
    const few = market(wrong).filter((row) => row.instrumentId % 100 < 19);
    expect(implausibleInMarket(few).rows.size).toBe(0);
  });
});

describe("a whole exchange's rates", () => {
  test.each([
    ["percent for fractions", 100],
    ["8 h rates for hourly ones", 8],
    ["basis points for fractions", 10_000],
    ["hourly rates for 8 h ones", 1 / 8],
  ])("%s: all its rows and no others are implausible", (_title, factor) => {
    const { rows, rateScale } = implausibleInMarket(
      market((row) =>
        row.exchange === "c" ? { ratePerHour: (row.ratePerHour ?? 0) * factor } : {},
      ),
    );
    expect([...rows.keys()].every((id) => id >= 200 && id < 300)).toBe(true);
    expect(rows.size).toBe(ASSETS.length);
    expect(new Set(rows.values())).toEqual(new Set([IMPLAUSIBLE.rate]));
    expect(rateScale.get("c")).toBeCloseTo(factor, 6);
    expect(rateScale.get("a")).toBeCloseTo(1, 6);
  });

  test("an exchange without an interest component is plausible: at rest it may be far below the others, not when rates move", () => {
    const resting = market((row) => ({
      ratePerHour: row.exchange === "d" ? 0.000001 : 0.0000125,
    }));
    const calm = implausibleInMarket(resting);
    expect(calm.rows.size).toBe(0);
    expect(calm.rateScale.get("d")).toBeCloseTo(0.08, 6);
    const wild = market((row) =>
      row.exchange === "d" ? { ratePerHour: (row.ratePerHour ?? 0) / 10 } : {},
    );
    expect(implausibleInMarket(wild).rows.size).toBe(ASSETS.length);
  });

  test("rates that are far off on half of the instruments are not a unit error", () => {
    const mixed = market((row) =>
      row.exchange === "d" && row.instrumentId % 2 === 0
        ? { ratePerHour: (row.ratePerHour ?? 0) * 40 }
        : {},
    );
    expect(implausibleInMarket(mixed).rows.size).toBe(0);
  });

  test("twice the others' rates, zeros and unknown rates are not an error", () => {
    const { rows, rateScale } = implausibleInMarket(
      market((row) => {
        if (row.exchange === "a") return { ratePerHour: (row.ratePerHour ?? 0) * 2 };
        if (row.exchange === "b") return { ratePerHour: 0 };
        return row.exchange === "d" ? { ratePerHour: null } : {};
      }),
    );
    expect(rows.size).toBe(0);
    expect([rateScale.get("b"), rateScale.get("d")]).toEqual([null, null]);
  });
});

describe("a row's own quantities", () => {
  test.each([
    [1_000, 1_000, 0],
    [2_000_000, 1_000, 0],
    [2_000_001, 1_000, 3],
    [0.5, 1_000, 0],
    [0.499, 1_000, 3],
    [0, 1_000, 0],
    [1_000, 0, 0],
    [null, 1_000, 0],
    [1_000, null, 0],
  ])("volume %p with open interest %p flags %p", (volume, openInterest, implausible) => {
    expect(implausibleInRow(volume, openInterest)).toBe(implausible);
  });
});
