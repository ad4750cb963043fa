import { expect, test } from "bun:test";
import { aevo } from "../../../src/exchanges/aevo.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: aevo,
  rateDigits: 6,
  recorded: [
    {
      file: "live-2026-09/funding-history-btc.json",
      exchangeSymbol: "BTC-PERP",
      rows: 4,
      first: {
        atMs: 1_789_336_800_000,
        rate: "0.00001",
        intervalHours: null,
        markPrice: 77_294.556299,
      },
    },
  ],
});

const SYMBOL = "BTC-PERP";
const reply = (...rows: readonly unknown[]) => ({ funding_history: rows });

test("a request names both bounds in nanoseconds, which are inclusive", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000 };
  const { request } = await historyPage(aevo, SYMBOL, reply(), range);
  expect(request).toBe(
    "/funding-history?instrument_name=BTC-PERP&start_time=1790000000000000000&end_time=1790028799999000000&limit=50",
  );
});

test("rows that are too short or of another instrument are left out", async () => {
  const body = reply(
    [SYMBOL, "1790000000000000000", "-0.000012", "83594.5"],
    [SYMBOL, "1790003600000000000"],
    ["ETH-PERP", "1790000000000000000", "0.00001", "2500"],
  );
  expect((await historyPage(aevo, SYMBOL, body)).rows).toEqual([
    { atMs: 1_790_000_000_000, rate: "-0.000012", intervalHours: null, markPrice: 83_594.5 },
  ]);
});

test.each([
  ["an error", { error: "INSTRUMENT_DOES_NOT_EXIST" }],
  ["another instrument's payments", reply(["ETH-PERP", "1790000000000000000", "0.00001", "2500"])],
  ["a reply without the list", {}],
])("%s is a failure", async (_title, body) => {
  const reading = historyPage(aevo, SYMBOL, body);
  await expect(reading).rejects.toMatchObject({ kind: "bad_envelope" });
});
