import { expect, test } from "bun:test";
import { xt } from "../../../src/exchanges/xt.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({
  exchange: xt,
  recorded: [
    {
      file: "funding-rate-record.json",
      exchangeSymbol: "btc_usdt",
      rows: 1,
      first: { atMs: 1_679_875_200_000, rate: "0.000057", intervalHours: 8, markPrice: null },
    },
  ],
});

const reply = (items: unknown, hasNext: unknown = false) => ({
  returnCode: 0,
  msgInfo: "success",
  error: null,
  result: { hasPrev: false, hasNext, items },
});
const row = (id: unknown, createdTime: number, extra: object = {}) => ({
  id,
  symbol: "btc_usdt",
  fundingRate: "0.0001",
  createdTime,
  collectionInternal: 14_400,
  ...extra,
});
const AT = 1_790_000_000_000;

test("a page continues after the oldest payment, in whatever order they come", async () => {
  const rows = [row("12", AT + 2), row(10, AT), row("11", AT + 1)];
  const first = await historyPage(xt, "btc_usdt", reply(rows, true));
  expect(first.cursor).toBe("10");
  expect(first.rows).toMatchObject([{ intervalHours: 4 }, { atMs: AT }, {}]);
  const path = "/future/market/v1/public/q/funding-rate-record?symbol=btc_usdt&limit=200";
  expect(first.request).toBe(path);
  const last = await historyPage(xt, "btc_usdt", reply(rows), { cursor: "10" });
  expect(last.request).toBe(`${path}&direction=NEXT&id=10`);
  expect(last.cursor).toBeNull();
});

test("an interval in hours is none: here it is in seconds", async () => {
  const { rows } = await historyPage(
    xt,
    "btc_usdt",
    reply([row("1", AT, { collectionInternal: 8 })]),
  );
  expect(rows).toMatchObject([{ intervalHours: null }]);
});

const refused = (code: string) => ({
  returnCode: 1,
  msgInfo: "failure",
  error: { code },
  result: null,
});

test.each([
  ["too many requests", refused("TOO_MANY_REQUESTS"), "rate_limited"],
  ["an unknown symbol", refused("invalid_symbol"), "bad_envelope"],
  ["a page that does not say whether more follows", reply([row("1", AT)], null), "bad_envelope"],
  ["a page with more to come and no id", reply([row(undefined, AT)], true), "bad_envelope"],
  ["another contract's payments", reply([row("1", AT, { symbol: "eth_usdt" })]), "bad_envelope"],
])("%s is a failure", async (_title, body, kind) => {
  await expect(historyPage(xt, "btc_usdt", body)).rejects.toMatchObject({ kind });
});
