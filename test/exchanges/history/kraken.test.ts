import { expect, test } from "bun:test";
import { kraken } from "../../../src/exchanges/kraken.ts";
import { historyPage } from "../../support/history-page.ts";
import { testHistory } from "../../support/history-suite.ts";

testHistory({ exchange: kraken, recorded: [] });

const reply = (...rates: readonly unknown[]) => ({
  result: "success",
  serverTime: "2026-10-05T12:10:00.000Z",
  rates,
});

test.each([
  ["an hour after the start of its period", "2026-10-05T11:00:00.000Z", Date.UTC(2026, 9, 5, 12)],
  [
    "four hours after it while periods were that long",
    "2022-03-22T16:00Z",
    Date.UTC(2022, 2, 22, 20),
  ],
])(
  "a payment is dated %s, as the fraction and not as the amount",
  async (_title, timestamp, atMs) => {
    const body = reply({
      timestamp,
      fundingRate: 0.858943191939791,
      relativeFundingRate: -0.000020164637711864,
    });
    const { rows, request } = await historyPage(kraken, "PF_XBTUSD", body);
    expect(request).toBe("/derivatives/api/v3/historical-funding-rates?symbol=PF_XBTUSD");
    expect(rows).toEqual([
      { atMs, rate: "-0.000020164637711864", intervalHours: null, markPrice: null },
    ]);
  },
);

test("a time without a zone is no time", async () => {
  const body = reply({ timestamp: "2026-10-05T11:00:00", relativeFundingRate: 0.00001 });
  await expect(historyPage(kraken, "PF_XBTUSD", body)).rejects.toMatchObject({
    kind: "bad_envelope",
  });
});

test.each([
  ["too many requests", { result: "error", error: "apiLimitExceeded" }, "rate_limited"],
  ["an error", { result: "error", error: "marketUnavailable" }, "bad_envelope"],
  ["a list of errors", { errors: [{ code: 1, message: "no" }] }, "bad_envelope"],
  ["no list", { result: "success" }, "bad_envelope"],
])("%s with HTTP 200 is a failure", async (_title, body, kind) => {
  await expect(historyPage(kraken, "PF_XBTUSD", body)).rejects.toMatchObject({ kind });
});
