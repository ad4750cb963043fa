import { describe, expect, test } from "bun:test";
import type { ExchangeHttp } from "../../../src/exchanges/exchange.ts";
import { paradex } from "../../../src/exchanges/paradex.ts";
import {
  accrualProfileOf,
  sumOfDecimals,
  testAccruals,
  walkedAccruals,
} from "../../support/accrual-suite.ts";
import { describeRecorded } from "../../support/recorded.ts";

// Both the hour that ends at a hole and the one that begins there have an unknown amount.
testAccruals({ exchange: paradex, unit: "quote_per_unit", lostByHole: ["own", "next"] });

const HOUR_MS = 3_600_000;
const SYMBOL = "BTC-USD-PERP";
const history = accrualProfileOf(paradex);

type Sample = readonly [atMs: number, index: string, rate?: string, market?: string];

const rowOf = ([created_at, funding_index, funding_rate = "0.0001", market = SYMBOL]: Sample) => ({
  market,
  funding_index,
  funding_premium: "-6.04646651485986656",
  funding_rate,
  funding_rate_8h: "",
  funding_period_hours: 0,
  created_at,
});

/** Replies with the samples of a requested range, in the given order. */
function answering(samples: readonly Sample[]): ExchangeHttp & { readonly paths: string[] } {
  const paths: string[] = [];
  return {
    paths,
    get: (path, decode) => {
      paths.push(path);
      const { searchParams } = new URL(path, "http://paradex");
      const from = Number(searchParams.get("start_at") ?? 0);
      const to = Number(searchParams.get("end_at"));
      const results = samples.filter(([atMs]) => atMs >= from && atMs <= to).map(rowOf);
      return Promise.resolve(decode({ next: null, prev: null, results }));
    },
    postRead: () => Promise.reject(new Error("not a POST")),
  };
}

const NOON = Date.UTC(2026, 10, 1, 12);
const HOURS = { fromMs: NOON + HOUR_MS, toMs: NOON + 2 * HOUR_MS + 1 };

/** What the two hours after noon accrued, newest first. */
async function amounts(
  samples: readonly Sample[],
): Promise<readonly (readonly [number, string])[]> {
  const { rows } = await walkedAccruals(history, answering(samples), SYMBOL, HOURS);
  return rows.map(({ hourEndMs, amount }) => [(hourEndMs - NOON) / HOUR_MS, amount]);
}

/** One sample shortly before each of the three full hours. */
const SAMPLES = [
  [NOON - 3_100, "20511.93608234044552"],
  [NOON + HOUR_MS - 1_900, "20512.13608234044553"],
  [NOON + 2 * HOUR_MS, "20511.03608234044553"],
] as const satisfies readonly Sample[];

describe("hours of Paradex", () => {
  test("are exact differences of the index", async () => {
    expect(await amounts(SAMPLES)).toEqual([
      [2, "-1.1"],
      [1, "0.20000000000001"],
    ]);
  });

  test("do not depend on rates, nor on samples within the hour or their order", async () => {
    const others: readonly Sample[] = [
      [NOON - 8_100, "1", "0.5"],
      [NOON + 1_900, "2", "0.5"],
      [NOON + HOUR_MS - 6_900, "3", "-0.5"],
    ];
    expect(await amounts([...others, ...SAMPLES])).toEqual(await amounts(SAMPLES));
    expect(await amounts([...SAMPLES, ...others].toReversed())).toEqual(await amounts(SAMPLES));
  });

  test("have no amount if the sample before a full hour is older than 30 seconds", async () => {
    const [first, , third] = SAMPLES;
    const late = [NOON + HOUR_MS - 30_001, "20512"] as const;
    expect(await amounts([first, late, third])).toEqual([]);
    expect(await amounts([first, [late[0] + 1, late[1]], third])).toHaveLength(2);
  });

  test("are refused if they belong to another market", async () => {
    const others = SAMPLES.map(([atMs, index]) => [atMs, index, "0", "ETH-USD-PERP"] as const);
    await expect(amounts(others)).rejects.toMatchObject({ kind: "bad_envelope" });
  });

  test("end where the exchange has nothing older", async () => {
    const http = answering(SAMPLES);
    const range = { fromMs: NOON - 400 * 24 * HOUR_MS, toMs: HOURS.toMs };
    const { rows } = await walkedAccruals(history, http, SYMBOL, range);
    expect(rows).toHaveLength(2);
    expect(http.paths.length).toBeLessThan(80);
  });

  test("of a range add up to the difference of its ends", async () => {
    const samples = Array.from({ length: 31 }, (_none, hour): Sample => {
      const index = 20_000 + Math.sin(hour) * 3;
      return [NOON + hour * HOUR_MS, index.toFixed(14)];
    });
    const range = { fromMs: NOON + HOUR_MS, toMs: NOON + 31 * HOUR_MS };
    const { rows } = await walkedAccruals(history, answering(samples), SYMBOL, range);
    expect(rows).toHaveLength(30);
    const last = samples.at(-1)?.[1] ?? "";
    expect(sumOfDecimals(rows.map(({ amount }) => amount))).toBe(
      sumOfDecimals([last, "-20000.00000000000000"]),
    );
  });
});

describeRecorded("recorded samples of paradex", (read) => {
  test("funding-data.json", async () => {
    const body = await read("paradex", "funding-data.json");
    const [sample] = (body as { results: { created_at: number }[] }).results;
    // The hour that would need it has no sample at its start: nothing is known about it.
    const http: ExchangeHttp = {
      get: (_path, decode) => Promise.resolve(decode(body)),
      postRead: () => Promise.reject(new Error("not a POST")),
    };
    const toMs = Math.ceil((sample?.created_at ?? 0) / HOUR_MS) * HOUR_MS + 1;
    const instrument = { exchangeSymbol: SYMBOL, intervalHours: null, key: null };
    const request = { instrument, fromMs: toMs - 1, toMs, page: 1, cursor: null };
    expect(await history.load(http, request)).toEqual({ rows: [], isLast: false });
  });
});
