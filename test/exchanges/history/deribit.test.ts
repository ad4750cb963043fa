import { describe, expect, test } from "bun:test";
import { deribit } from "../../../src/exchanges/deribit.ts";
import type { ExchangeHttp } from "../../../src/exchanges/exchange.ts";
import {
  accrualProfileOf,
  sumOfDecimals,
  testAccruals,
  walkedAccruals,
} from "../../support/accrual-suite.ts";
import { describeRecorded } from "../../support/recorded.ts";

testAccruals({ exchange: deribit, unit: "fraction", lostByHole: ["own"] });

const HOUR_MS = 3_600_000;
const SYMBOL = "BTC_USDC-PERPETUAL";
const history = accrualProfileOf(deribit);

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Replies with the text that `textOf` gives for a requested range, both ends included, and notes the ranges. */
function answering(textOf: (range: Range) => string): ExchangeHttp & { readonly ranges: Range[] } {
  const ranges: Range[] = [];
  return {
    ranges,
    get: (path, decode) => {
      const { searchParams } = new URL(path, "http://deribit");
      const fromMs = Number(searchParams.get("start_timestamp"));
      const toMs = Number(searchParams.get("end_timestamp"));
      ranges.push({ fromMs, toMs });
      return Promise.resolve(decode(JSON.parse(textOf({ fromMs, toMs }))));
    },
    postRead: () => Promise.reject(new Error("not a POST")),
  };
}

const row = (timestamp: number, interest: string) =>
  `{"timestamp":${timestamp},"index_price":83577.5,"prev_index_price":83512.1,` +
  `"interest_8h":0.0001,"interest_1h":${interest}}`;
const reply = (rows: readonly string[]) => `{"jsonrpc":"2.0","id":1,"result":[${rows.join(",")}]}`;

/** The hours of a January, by their ends. */
const JANUARY = { fromMs: Date.UTC(2026, 0, 1, 1), toMs: Date.UTC(2026, 1, 1, 1) };
const HOURS = Array.from({ length: 744 }, (_none, hour) => JANUARY.fromMs + hour * HOUR_MS);

describe("hours of Deribit", () => {
  test("add up exactly", async () => {
    const [early = 0, late = 0] = HOURS;
    const http = answering(() =>
      reply([row(early, "0.000040037341082362756"), row(late, "0.000042599284093567054")]),
    );
    const range = { fromMs: early, toMs: late + 1 };
    const { rows } = await walkedAccruals(history, http, SYMBOL, range);
    const amounts = rows.map(({ amount }) => amount);
    expect(amounts).toEqual(["0.000042599284093567054", "0.000040037341082362756"]);
    expect(sumOfDecimals(amounts)).toBe("0.00008263662517592981");
  });

  test("keep small amounts in plain decimals", async () => {
    const [atMs = 0] = HOURS;
    const http = answering(() => reply([row(atMs, "-4.739622041017375e-7")]));
    const { rows } = await walkedAccruals(history, http, SYMBOL, { fromMs: atMs, toMs: atMs + 1 });
    expect(rows).toEqual([
      { hourEndMs: atMs, amount: "-0.0000004739622041017375", unit: "fraction" },
    ]);
  });

  test("of a January come in two pages, none twice", async () => {
    const http = answering(({ fromMs, toMs }) => {
      const asked = HOURS.filter((atMs) => atMs >= fromMs && atMs <= toMs);
      return reply(asked.map((atMs) => row(atMs, String((atMs % 1000) + 0.00001))));
    });
    const { rows } = await walkedAccruals(history, http, SYMBOL, JANUARY);
    expect(http.ranges).toHaveLength(2);
    expect(rows.map(({ hourEndMs }) => hourEndMs).toReversed()).toEqual(HOURS);
  });

  test("end in an error if a page repeats", async () => {
    const page = reply(HOURS.slice(-672).map((atMs) => row(atMs, "0.00001")));
    const http = answering(() => page);
    const walk = walkedAccruals(history, http, SYMBOL, JANUARY);
    await expect(walk).rejects.toMatchObject({ kind: "bad_envelope" });
    expect(http.ranges).toHaveLength(2);
  });

  test.each([
    [10_028, "rate_limited"],
    [-32_602, "bad_envelope"],
  ])("end in a failure at code %i", async (code, kind) => {
    const http = answering(() => `{"jsonrpc":"2.0","error":{"code":${code},"message":"x"}}`);
    const walk = walkedAccruals(history, http, SYMBOL, JANUARY);
    await expect(walk).rejects.toMatchObject({ kind });
  });
});

describeRecorded("recorded hours of deribit", (read) => {
  test("get_funding_rate_history.json", async () => {
    const text = JSON.stringify(await read("deribit", "get_funding_rate_history.json"));
    const range = { fromMs: 1_569_888_000_000, toMs: 1_569_902_400_000 };
    const { rows } = await walkedAccruals(
      history,
      answering(() => text),
      SYMBOL,
      range,
    );
    expect(rows).toEqual([
      {
        hourEndMs: 1_569_891_600_000,
        amount: "-0.0000004739622041017375",
        unit: "fraction",
      },
    ]);
  });
});
