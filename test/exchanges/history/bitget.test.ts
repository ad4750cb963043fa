import { expect, test } from "bun:test";
import { bitget } from "../../../src/exchanges/bitget.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

const payment = (atMs: number, rate: string) => ({
  atMs,
  rate,
  intervalHours: null,
  markPrice: null,
});

testHistory({
  exchange: bitget,
  rateDigits: 6,
  recorded: [
    {
      file: "live-2026-09/v3-history-fund-rate-btc.json",
      exchangeSymbol: "BTCUSDT",
      rows: 3,
      first: payment(1_789_315_200_000, "0.000076"),
    },
    {
      file: "history-fund-rate.json",
      exchangeSymbol: "BTCUSDT",
      rows: 1,
      first: payment(1_652_396_400_000, "-0.0003"),
    },
  ],
});

const reply = (data: unknown, code = "00000") => ({ code, msg: "", requestTime: 1, data });

test("a request names the family that the symbol shows, and the page", async () => {
  const query = async (symbol: string, page: number) =>
    (await historyPage(bitget, symbol, reply([]), { page })).request.split("?")[1];
  expect(await query("BTCPERP", 3)).toBe(
    "symbol=BTCPERP&productType=USDC-FUTURES&pageSize=100&pageNo=3",
  );
  // The coin PERP, settled in USDT.
  expect(await query("PERPUSDT", 1)).toBe(
    "symbol=PERPUSDT&productType=USDT-FUTURES&pageSize=100&pageNo=1",
  );
});

test.each([
  ["too many requests", reply(null, "429"), "rate_limited"],
  ["an error without data", reply(null, "40054"), "bad_envelope"],
  [
    "another contract's payments",
    reply([{ symbol: "ETHUSDT", fundingRate: "0.0001", fundingTime: "1790000000000" }]),
    "bad_envelope",
  ],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(bitget, "BTCUSDT", body)).rejects.toMatchObject({ kind });
});
