import { expect, test } from "bun:test";
import { feeTable } from "../../src/domain/fees.ts";
import { TAKER_FEES } from "../../src/domain/taker-fees.ts";
import { ConfigError } from "../../src/lib/config-error.ts";
import { readFeeFile } from "../../src/config/fee-file.ts";

const read = (text: string) => readFeeFile("fees.toml", () => text);

function problemsOf(text: string): readonly string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test("the operator's fees override the table, with their date; all others are unchanged", () => {
  const table = feeTable(read('as_of = "2026-11-01"\n[taker_bps]\nokx = 3.5\nlighter = 2\n'));
  expect(table.get("okx")).toEqual({
    takerBps: 3.5,
    isOperators: true,
    asOf: "2026-11-01",
    source: "the operator of this service",
  });
  expect(table.get("lighter")?.takerBps).toBe(2);
  expect(table.get("bybit")).toEqual(TAKER_FEES.bybit);
  expect(feeTable(null).get("okx")).toEqual(TAKER_FEES.okx);
});

test.each([
  [
    'as_of = "2026-11-01"\n[taker_bps]\nokcoin = 5',
    ["FEES_FILE: taker_bps.okcoin is not a known exchange"],
  ],
  [
    'as_of = "2026-11-01"\n[taker_bps]\nokx = -1\nbybit = 1001\nbinance = "5"',
    [
      "FEES_FILE: taker_bps.okx must not be below 0",
      "FEES_FILE: taker_bps.bybit must not be above 1000 basis points",
      "FEES_FILE: taker_bps.binance must be a number of basis points",
    ],
  ],
  [
    'as_of = "yesterday"\n[taker_bps]',
    ['FEES_FILE: as_of must be a date string such as "2026-11-01"'],
  ],
  ["as_of = ", ["FEES_FILE: fees.toml is not valid TOML"]],
])("%j is refused with the location of every problem", (text, problems) => {
  expect(problemsOf(text)).toEqual(problems);
});

test("a fee outside its table is refused, not ignored", () => {
  expect(problemsOf('as_of = "2026-11-01"\nokx = 3.5\n[taker_bps]')).toEqual([
    'FEES_FILE: Unrecognized key: "okx"',
  ]);
});

test("a missing file is reported by name", () => {
  const missing = (): never => {
    throw new Error("ENOENT");
  };
  expect(() => readFeeFile("/nowhere/fees.toml", missing)).toThrow(
    "FEES_FILE: /nowhere/fees.toml cannot be read",
  );
});
