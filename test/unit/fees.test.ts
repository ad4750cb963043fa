import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { feesTable, FEES_PAGE, withFees } from "../../scripts/write-fees.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { feeTable, MAX_TAKER_BPS, takerFees, type FeeScope } from "../../src/domain/fees.ts";
import { TAKER_FEES, type TakerFee } from "../../src/domain/taker-fees.ts";

const ROWS: readonly (readonly [ExchangeId, TakerFee])[] = EXCHANGE_IDS.map((id) => [
  id,
  TAKER_FEES[id],
]);

/** The largest standard taker fee of a perpetual exchange is closer to 10 than to this. */
const IMPLAUSIBLE_BPS = 25;

describe("the table of taker fees", () => {
  test("has one row per exchange", () => {
    expect(Object.keys(TAKER_FEES)).toEqual([...EXCHANGE_IDS]);
  });

  test.each(ROWS)("%s: basis points, not percent, a fraction or a wrong unit", (_id, fee) => {
    if (fee.takerBps === null) return;
    // 0 is a fee; between 0 and half a basis point there can only be a fraction or a percentage.
    expect(fee.takerBps === 0 || fee.takerBps >= 0.5).toBe(true);
    expect(fee.takerBps).toBeLessThanOrEqual(Math.min(IMPLAUSIBLE_BPS, MAX_TAKER_BPS));
  });

  test.each(ROWS)("%s: a real date and an https page as source", (_id, fee) => {
    expect(fee.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(new Date(`${fee.asOf}T00:00:00Z`).toISOString().slice(0, 10)).toBe(fee.asOf);
    expect(new URL(fee.source).protocol).toBe("https:");
  });

  test("an unknown fee and a zero fee have a reason", () => {
    const odd = ROWS.filter(([, fee]) => fee.takerBps === null || fee.takerBps === 0);
    expect(odd.length).toBeGreaterThan(0);
    for (const [, fee] of odd) expect(fee.note).toBeString();
  });

  test("notes fit into a table cell", () => {
    for (const [, fee] of ROWS) expect(fee.note ?? "").not.toMatch(/[|\n]|\.$/);
  });
});

describe("taker fees with overrides", () => {
  test("equal the table without overrides, unknown ones being null", () => {
    const fees = takerFees(feeTable(null), new Map());
    expect([...fees.keys()]).toEqual([...EXCHANGE_IDS]);
    for (const [id, fee] of ROWS) expect(fees.get(id)?.bps ?? null).toBe(fee.takerBps);
    expect(fees.get("orderly")).toBeNull();
  });

  test("an override applies, also over an unknown fee, and may be 0", () => {
    const fees = takerFees(
      feeTable(null),
      new Map([
        ["okx", 3.5],
        ["orderly", 6],
        ["bybit", 0],
      ]),
    );
    expect([fees.get("okx"), fees.get("orderly"), fees.get("bybit")]).toEqual([
      { bps: 3.5, source: "request" },
      { bps: 6, source: "request" },
      { bps: 0, source: "request" },
    ]);
  });

  test("an override for all applies to every exchange, also one without a known fee, except those named", () => {
    const fees = takerFees(
      feeTable(null),
      new Map<FeeScope, number>([
        ["all", 4],
        ["okx", 3.5],
      ]),
    );
    for (const id of EXCHANGE_IDS)
      expect([id, fees.get(id)]).toEqual([id, { bps: id === "okx" ? 3.5 : 4, source: "request" }]);
  });

  test("overrides change their own exchanges and no others", () => {
    const overrides = fc.uniqueArray(
      fc.tuple(
        fc.constantFrom(...EXCHANGE_IDS),
        fc.double({ min: 0, max: MAX_TAKER_BPS, noNaN: true }),
      ),
      { selector: ([id]) => id },
    );
    fc.assert(
      fc.property(overrides, (pairs) => {
        const own = new Map(pairs);
        const fees = takerFees(feeTable(null), own);
        return ROWS.every(([id, fee]) => {
          const expected = own.has(id) ? own.get(id) : fee.takerBps;
          return (fees.get(id)?.bps ?? null) === expected;
        });
      }),
    );
  });
});

describe("docs/fees.md", () => {
  test("holds the generated table (bun scripts/write-fees.ts)", () => {
    const page = readFileSync(FEES_PAGE, "utf8");
    expect(withFees(page, feesTable(TAKER_FEES))).toBe(page);
  });

  test("states the enforced limit", () => {
    expect(readFileSync(FEES_PAGE, "utf8")).toContain(`from 0 to ${MAX_TAKER_BPS} bps`);
  });

  test("a line contains id, fee, date, source and note, and `unknown` for an unknown fee", () => {
    const lines = feesTable(TAKER_FEES).split("\n");
    expect(lines).toHaveLength(EXCHANGE_IDS.length + 2);
    expect(lines).toContain(
      "| okx | 5 | 2026-10-16 | [www.okx.com](https://www.okx.com/fees) |  |",
    );
    expect(lines.find((line) => line.startsWith("| drift |"))).toContain(
      "| unknown | 2026-09-27 |",
    );
  });

  test("a page without the markers is refused", () => {
    expect(() => withFees("# Title", "table")).toThrow("fees:start");
  });
});
