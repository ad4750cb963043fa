import { describe, expect, test } from "bun:test";
import type { ExchangeHttp } from "../../../src/exchanges/exchange.ts";
import { lighter } from "../../../src/exchanges/lighter.ts";
import { testHistory, walked } from "../../support/history-suite.ts";

const unstated = { intervalHours: null, markPrice: null };

testHistory({
  exchange: lighter,
  // Percent with four decimals.
  rateDigits: 6,
  recorded: [
    {
      file: "fundings-history.json",
      exchangeSymbol: "BTC",
      key: "1",
      rows: 2,
      first: { atMs: 1_778_702_400_000, rate: "0.000012", ...unstated },
    },
    {
      file: "live-2026-09/fundings-btc.json",
      exchangeSymbol: "BTC",
      key: "1",
      rows: 4,
      first: { atMs: 1_789_135_200_000, rate: "0.00001", ...unstated },
    },
  ],
});

const AT_S = 1_793_620_800;

/** What one row of the history is read as; its path, too. */
async function read(row: object, key: string | null = "7") {
  const { history } = lighter;
  if (history?.kind !== "settlements") throw new Error("no settlements");
  const paths: string[] = [];
  const body = { code: 200, resolution: "1h", fundings: [row] };
  const http: ExchangeHttp = {
    get: (path, decode) => {
      paths.push(path);
      return Promise.resolve(decode(body));
    },
    postRead: () => Promise.reject(new Error("not a POST")),
  };
  const fromMs = AT_S * 1000 - 3_600_000;
  const instrument = { exchangeSymbol: "BTC", intervalHours: 1, key };
  const request = { instrument, fromMs, toMs: AT_S * 1000 + 1, page: 1, cursor: null };
  return { ...(await history.load(http, request)), paths };
}

describe("the past of Lighter", () => {
  test("is whole if the oldest rows of a longer range are sent", async () => {
    const { history } = lighter;
    if (history?.kind !== "settlements") throw new Error("no settlements");
    const http: ExchangeHttp = {
      get: (path, decode) => {
        const { searchParams } = new URL(path, "http://lighter");
        const from = Math.ceil(Number(searchParams.get("start_timestamp")) / 3600);
        const to = Math.floor(Number(searchParams.get("end_timestamp")) / 3600);
        const hours = Array.from(
          { length: Math.max(0, to - from + 1) },
          (_none, hour) => from + hour,
        );
        const fundings = hours
          .slice(0, 100)
          .map((hour) => ({ timestamp: hour * 3600, rate: "0.0012", direction: "long" }));
        return Promise.resolve(decode({ code: 200, resolution: "1h", fundings }));
      },
      postRead: () => Promise.reject(new Error("not a POST")),
    };
    const instrument = { exchangeSymbol: "BTC", intervalHours: 1, key: "7" };
    const keyed = { ...history, keys: () => Promise.resolve(new Map([["BTC", "7"]])) };
    const range = { fromMs: AT_S * 1000 - 500 * 3_600_000, toMs: AT_S * 1000 };
    expect((await walked(keyed, http, instrument, range)).rows).toHaveLength(500);
  });
});

describe("a payment of Lighter", () => {
  test.each([
    ["long", "0.0012", "0.000012"],
    ["short", "0.0012", "-0.000012"],
    ["short", "0.0000", "0"],
  ])("to which %s pays %s percent", async (direction, rate, expected) => {
    const { rows } = await read({ timestamp: AT_S, value: "0.1", rate, direction });
    expect(rows).toEqual([{ atMs: AT_S * 1000, rate: expected, ...unstated }]);
  });

  test.each([{ direction: "both" }, { rate: "-0.0012" }, { timestamp: AT_S * 1000 }])(
    "is not read with %p",
    async (part) => {
      const row = { timestamp: AT_S, value: "0.1", rate: "0.0012", direction: "long", ...part };
      await expect(read(row)).rejects.toMatchObject({ kind: "bad_envelope" });
    },
  );

  test("is requested by the market's id, in seconds", async () => {
    const { paths } = await read({ timestamp: AT_S, rate: "0.0012", direction: "long" });
    expect(paths).toEqual([
      `/api/v1/fundings?market_id=7&resolution=1h&start_timestamp=${AT_S - 3_600}&end_timestamp=${AT_S}&count_back=100`,
    ]);
  });

  test("is not requested without an id", async () => {
    await expect(read({}, null)).rejects.toMatchObject({ kind: "bad_envelope" });
  });
});
