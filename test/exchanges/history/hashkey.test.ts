import { expect, test } from "bun:test";
import { hashkey } from "../../../src/exchanges/hashkey.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: hashkey,
  rateDigits: 7,
  recorded: [
    {
      file: "historyFundingRate.json",
      exchangeSymbol: "ETHUSDT-PERPETUAL",
      rows: 1,
      first: payment(1_722_268_800_000, "0.0001"),
    },
  ],
});

const SYMBOL = "BTCUSDT-PERPETUAL";

test("a request has the mandatory timestamp", async () => {
  const { request } = await historyPage(hashkey, SYMBOL, [], { toMs: 1_790_028_800_000 });
  expect(request).toBe(
    "/api/v1/futures/historyFundingRate?symbol=BTCUSDT-PERPETUAL&limit=100&timestamp=1790028800000",
  );
});

test.each([
  ["an error with HTTP 200", { code: "0001", msg: "" }],
  [
    "another contract's payments",
    [{ symbol: "ETHUSDT-PERPETUAL", settleTime: "1790000000000", settleRate: "0.0001" }],
  ],
])("%s is a failure", async (_title, body) => {
  const reading = historyPage(hashkey, SYMBOL, body);
  await expect(reading).rejects.toMatchObject({ kind: "bad_envelope" });
});
