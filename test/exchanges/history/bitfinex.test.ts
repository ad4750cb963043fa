import { describe, expect, test } from "bun:test";
import { bitfinex } from "../../../src/exchanges/bitfinex.ts";
import type { ExchangeHttp } from "../../../src/exchanges/exchange.ts";
import { testHistory, walked } from "../../support/history-suite.ts";

testHistory({
  exchange: bitfinex,
  recorded: [
    {
      file: "status-deriv-hist.json",
      exchangeSymbol: "tBTCF0:USTF0",
      rows: 1,
      first: {
        atMs: 1_691_193_600_000,
        rate: "0.00014548",
        intervalHours: null,
        markPrice: null,
      },
    },
  ],
});

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 10, 1, 12);

function rowOf(atMs: number, nextAtMs: number, rate: number): readonly unknown[] {
  const row: unknown[] = Array.from({ length: 23 }, () => null);
  for (const [place, value] of [
    [0, atMs],
    [7, nextAtMs],
    [11, rate],
  ] as const)
    row[place] = value;
  return row;
}

/** Reads two days from replies, and notes the requests. */
async function read(replyTo: (endMs: number) => unknown, fromMs = NOON - 48 * HOUR_MS) {
  const { history } = bitfinex;
  if (history?.kind !== "settlements") throw new Error("no settlements");
  const paths: string[] = [];
  const http: ExchangeHttp = {
    get: (path, decode) => {
      paths.push(path);
      const { searchParams } = new URL(path, "http://bitfinex");
      return Promise.resolve(decode(replyTo(Number(searchParams.get("end")))));
    },
    postRead: () => Promise.reject(new Error("not a POST")),
  };
  const instrument = { exchangeSymbol: "tBTCF0:USTF0", intervalHours: 8, key: null };
  const { rows } = await walked(history, http, instrument, { fromMs, toMs: NOON });
  return { rows, paths };
}

describe("payments of Bitfinex", () => {
  test("take one row each: the last minute before the settlement", async () => {
    const { rows, paths } = await read(
      (endMs) => [rowOf(endMs - 59_999, endMs + 1, 1e-8)],
      NOON - 12 * HOUR_MS,
    );
    expect(paths).toEqual([
      `/v2/status/deriv/tBTCF0%3AUSTF0/hist?end=${NOON - 4 * HOUR_MS - 1}&limit=1&sort=-1`,
      `/v2/status/deriv/tBTCF0%3AUSTF0/hist?end=${NOON - 12 * HOUR_MS - 1}&limit=1&sort=-1`,
    ]);
    expect(rows.map(({ rate }) => rate)).toEqual(["0.00000001", "0.00000001"]);
  });

  test("are found beyond minutes that are missing", async () => {
    const lastMs = NOON - 30 * HOUR_MS;
    const { rows, paths } = await read((endMs) =>
      endMs > lastMs ? [rowOf(lastMs, NOON - 28 * HOUR_MS, 0.0001)] : [],
    );
    expect(rows.map(({ atMs }) => atMs)).toEqual([NOON - 28 * HOUR_MS]);
    expect(paths).toHaveLength(5);
  });

  test.each([
    ["after its next time", -1],
    ["of another period", 9 * HOUR_MS],
  ])("are not read from a row %s, but from those before it", async (_case, beforeNextMs) => {
    const { rows } = await read((endMs) => {
      const nextAtMs = endMs + 1;
      const isOdd = nextAtMs === NOON - 12 * HOUR_MS;
      return [rowOf(nextAtMs - (isOdd ? beforeNextMs : 60_000), nextAtMs, 0.0001)];
    });
    const hours = rows.map(({ atMs }) => (NOON - atMs) / HOUR_MS);
    expect(hours).toEqual([4, 20, 28, 36, 44]);
  });

  test("end in a failure at a rate limit", async () => {
    const limit = read(() => ["error", 11_010, "ratelimit: error"]);
    await expect(limit).rejects.toMatchObject({ kind: "rate_limited" });
  });
});
