import { expect, test } from "bun:test";
import { grvt } from "../../../src/exchanges/grvt.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: grvt,
  recorded: [
    {
      file: "live-2026-09/funding-history-btc.json",
      exchangeSymbol: "BTC_USDT_Perp",
      rows: 4,
      first: {
        atMs: 1_789_315_200_000,
        rate: "0.000061",
        intervalHours: 8,
        markPrice: 77_098.400057842,
      },
    },
  ],
});

const BTC = "BTC_USDT_Perp";
const row = (over: object = {}) => ({
  instrument: BTC,
  funding_rate: "-0.0034",
  funding_time: "1789992000000000000",
  mark_price: "112721.159060304",
  funding_rate_8_h_avg: "-0.0038",
  funding_interval_hours: "4",
  ...over,
});
const reply = (result: unknown, next = "") => ({ result, next });

test("a request has nanoseconds, both bounds, and the cursor", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000, cursor: "eyJm" };
  const { request } = await historyPage(grvt, BTC, reply([]), range);
  expect(request).toBe(
    `POST /full/v1/funding ${JSON.stringify({
      instrument: BTC,
      start_time: "1790000000000000000",
      end_time: "1790028799999000000",
      limit: 1_000,
      cursor: "eyJm",
    })}`,
  );
});

test("percentage points become a fraction, exactly", async () => {
  const { rows } = await historyPage(grvt, BTC, reply([row()]));
  expect(rows).toEqual([
    {
      atMs: 1_789_992_000_000,
      rate: "-0.000034",
      intervalHours: 4,
      markPrice: 112_721.159060304,
    },
  ]);
});

test("rows that are not at a settlement are left out", async () => {
  const minute = row({ funding_time: "1789992060000000000" });
  const page = await historyPage(
    grvt,
    BTC,
    reply([row(), minute, row({ funding_interval_hours: 0 })]),
  );
  expect(page.rows).toHaveLength(1);
  expect(page.isLast).toBe(false);
});

test("a page of rows without any interval is the end, and not a failure", async () => {
  const page = await historyPage(grvt, BTC, reply([row({ funding_interval_hours: "0" })], "more"));
  expect(page).toMatchObject({ rows: [], isLast: true });
});

test.each([
  ["eyJm", "eyJm"],
  ["", null],
])("the cursor %p leads to %p", async (next, cursor) => {
  expect((await historyPage(grvt, BTC, reply([row()], next))).cursor).toBe(cursor);
});

test.each([
  ["too many requests", { code: 1006, message: "", status: 429 }, "rate_limited"],
  ["an unknown instrument", { code: 1012, message: "", status: 400 }, "bad_envelope"],
  ["another instrument's payments", reply([row({ instrument: "ETH_USDT_Perp" })]), "bad_envelope"],
  ["a result that is no list", reply({}), "bad_envelope"],
])("%s is a failure", async (_title, body, kind) => {
  await expect(historyPage(grvt, BTC, body)).rejects.toMatchObject({ kind });
});
