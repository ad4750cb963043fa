import { expect, test } from "bun:test";
import { drift } from "../../../src/exchanges/drift.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

// Cheap coins have few digits in units of the chain.
testHistory({ exchange: drift, rateDigits: 6, recorded: [] });

const SOL = { key: "0" };
const row = (over: object = {}) => ({
  ts: "1790000005",
  marketIndex: 0,
  fundingRate: "1044750",
  oraclePriceTwap: "83580000000",
  ...over,
});
const reply = (...rows: readonly unknown[]) => ({ fundingRates: rows });

test("dollars per unit become a fraction of the average price, exactly", async () => {
  // 0.00104475 dollars per unit of 83,580 dollars.
  const { rows } = await historyPage(drift, "BTC-PERP", reply(row()), SOL);
  expect(rows).toEqual([payment(1_790_000_005_000, "0.0000000125")]);
  const negative = reply(row({ fundingRate: "-1044750" }));
  expect((await historyPage(drift, "BTC-PERP", negative, SOL)).rows[0]?.rate).toBe("-0.0000000125");
});

test("rows without a price, or not in whole numbers, are left out", async () => {
  const body = reply(row(), row({ oraclePriceTwap: "0" }), row({ fundingRate: 0.00012 }));
  expect((await historyPage(drift, "BTC-PERP", body, SOL)).rows).toHaveLength(1);
});

test.each([
  ["the list of plain numbers, whose unit is not documented", [{ ...row(), fundingRate: 0.00012 }]],
  ["another market's payments", reply(row({ marketIndex: 1 }))],
])("%s is a failure", async (_title, body) => {
  const reading = historyPage(drift, "BTC-PERP", body, SOL);
  await expect(reading).rejects.toMatchObject({ kind: "bad_envelope" });
});
