import { expect, test } from "bun:test";
import { edgex } from "../../../src/exchanges/edgex.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const FOUR_HOURS_MS = 4 * 3_600_000;
const payment = (startMs: number, rate: string) => ({
  atMs: startMs + FOUR_HOURS_MS,
  rate,
  intervalHours: 4,
  markPrice: null,
});

testHistory({
  exchange: edgex,
  recorded: [
    {
      file: "get-funding-rate-page.json",
      exchangeSymbol: "BTCUSDT",
      key: "10000001",
      rows: 1,
      first: payment(1_733_702_400_000, "0.00005000"),
    },
    {
      file: "live-2026-09/getFundingRatePage-30000001.json",
      exchangeSymbol: "BTCUSDC",
      key: "30000001",
      rows: 3,
      first: payment(1_789_329_600_000, "-0.00005067"),
    },
  ],
});

const BTC = { key: "30000001" };
const row = (over: object = {}) => ({
  contractId: "30000001",
  fundingTime: "1790000000000",
  fundingRate: "-0.00005067",
  isSettlement: true,
  fundingRateIntervalMin: "240",
  ...over,
});
const reply = (dataList: unknown, nextPageOffsetData = "") => ({
  code: "SUCCESS",
  data: { dataList, nextPageOffsetData },
  msg: null,
});

test("a request is for settlements of one contract, from a day before its range", async () => {
  const range = { fromMs: 1_790_086_400_000, toMs: 1_790_100_800_000, cursor: "08=", ...BTC };
  const { request } = await historyPage(edgex, "BTCUSDC", reply([]), range);
  expect(request).toBe(
    "/api/v2/public/funding/getFundingRatePage?contractId=30000001&size=100&offsetData=08%3D&filterSettlementFundingRate=true&filterBeginTimeInclusive=1790000000000&filterEndTimeExclusive=1790100800000",
  );
});

test("a rate is charged at the end of the period whose start the row names", async () => {
  const { rows } = await historyPage(edgex, "BTCUSDC", reply([row()]), BTC);
  expect(rows).toEqual([payment(1_790_000_000_000, "-0.00005067")]);
});

test("rows of minutes and rows without an interval are left out", async () => {
  const body = reply([row(), row({ isSettlement: false }), row({ fundingRateIntervalMin: "" })]);
  expect((await historyPage(edgex, "BTCUSDC", body, BTC)).rows).toHaveLength(1);
});

test.each([
  ["0880A08A97B532", "0880A08A97B532"],
  ["", null],
])("the cursor %p leads to %p", async (next, cursor) => {
  const page = await historyPage(edgex, "BTCUSDC", reply([row()], next), BTC);
  expect(page.cursor).toBe(cursor);
});

test.each([
  ["an error with HTTP 200", { code: "TOO_MANY_REQUESTS", data: null, msg: "" }, BTC],
  ["a contract that the metadata lack", reply([]), {}],
  ["another contract's rates", reply([row({ contractId: "30000002" })]), BTC],
])("%s is a failure", async (_title, body, request) => {
  const reading = historyPage(edgex, "BTCUSDC", body, request);
  await expect(reading).rejects.toMatchObject({ kind: "bad_envelope" });
});
