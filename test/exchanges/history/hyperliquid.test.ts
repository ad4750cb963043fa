import { expect, test } from "bun:test";
import { hyperliquid } from "../../../src/exchanges/hyperliquid.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: hyperliquid,
  recorded: [
    {
      file: "live-2026-09/funding-history-btc.json",
      exchangeSymbol: "BTC",
      rows: 3,
      first: payment(1_789_138_800_047, "0.0000125"),
    },
    {
      file: "live-2026-09/funding-history-xyz.json",
      exchangeSymbol: "xyz:XYZ100",
      rows: 2,
      first: payment(1_789_142_400_047, "0.00000625"),
    },
    {
      file: "funding-history.json",
      exchangeSymbol: "BTC",
      rows: 3,
      first: payment(1_769_908_800_000, "0.0000125"),
    },
  ],
});

test("a contract of a deployer's dex is requested under its listed name", async () => {
  const range = { fromMs: 1_790_000_000_000, toMs: 1_790_028_800_000 };
  const { request } = await historyPage(hyperliquid, "xyz:TSLA", [], range);
  expect(request).toBe(
    'POST /info {"type":"fundingHistory","coin":"xyz:TSLA","startTime":1790000000000,"endTime":1790028799999}',
  );
});

test.each([
  ["an error", { status: "err", response: "unknown coin" }],
  ["null", null],
  ["another coin's payments", [{ coin: "TSLA", fundingRate: "0.1", time: 1_790_000_000_000 }]],
])("%s with HTTP 200 is a failure", async (_title, body) => {
  const page = historyPage(hyperliquid, "xyz:TSLA", body);
  await expect(page).rejects.toMatchObject({ kind: "bad_envelope" });
});
