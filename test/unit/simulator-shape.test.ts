import { describe, expect, test } from "bun:test";
import { type Payload, PAYLOADS } from "../support/simulator-payloads.ts";
import { describeRecorded } from "../support/recorded.ts";
import { at, askJson, demoMarket, type Json, objectOf, rowsAt } from "../support/simulator.ts";

const market = demoMarket();

type Case = readonly [title: string, payload: Payload];
const CASES: readonly Case[] = PAYLOADS.map((payload): Case => {
  const { exchange, request } = payload;
  const body = request.body === undefined ? "" : ` ${JSON.stringify(request.body)}`;
  return [`${exchange}${request.path}${body}`, payload];
});

function rowsOf(payload: Payload, answer: unknown): readonly Json[] {
  if (payload.rows !== undefined) return rowsAt(answer, ...payload.rows);
  return [objectOf(at(answer, ...(payload.one ?? [])))];
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** The JSON types that each key of some rows has. */
function typesOf(rows: readonly Json[]): Map<string, Set<string>> {
  const types = new Map<string, Set<string>>();
  for (const row of rows) {
    for (const [key, value] of Object.entries(row)) {
      types.set(key, (types.get(key) ?? new Set()).add(typeOf(value)));
    }
  }
  return types;
}

/** Keys that are served in another type than they were recorded in. A null says nothing about the type. */
function clashes(recorded: readonly Json[], served: readonly Json[]): readonly string[] {
  const servedTypes = typesOf(served);
  return [...typesOf(recorded)].flatMap(([key, known]) => {
    const wanted = [...known].filter((type) => type !== "null");
    const types = [...(servedTypes.get(key) ?? [])].filter((type) => type !== "null");
    if (wanted.length === 0 || types.every((type) => wanted.includes(type))) return [];
    return [`${key}: ${types.join(" or ")} instead of ${wanted.join(" or ")}`];
  });
}

describe("a row has every key that the exchange's description uses", () => {
  test.each([...CASES])("%s", async (_title, payload) => {
    const rows = rowsOf(payload, await askJson(market, payload.exchange, payload.request));
    expect(rows.length).toBeGreaterThan(0);
    const lacking = rows.flatMap((row) =>
      payload.keys.split(" ").filter((key) => row[key] === undefined),
    );
    expect([...new Set(lacking)]).toEqual([]);
  });

  test("kraken: perpetuals have a rate, a prediction and prices besides", async () => {
    const answer = await askJson(market, "kraken", { path: "/derivatives/api/v3/tickers" });
    const rows = rowsAt(answer, "tickers").filter((row) => row["tag"] === "perpetual");
    expect(rows.length).toBeGreaterThan(300);
    const keys =
      "fundingRate fundingRatePrediction markPrice indexPrice openInterest volumeQuote vol24h suspended postOnly pair";
    const lacking = rows.flatMap((row) => keys.split(" ").filter((key) => row[key] === undefined));
    expect([...new Set(lacking)]).toEqual([]);
  });

  test("a success says so in each exchange's own envelope", async () => {
    const json = (exchange: string, path: string): Promise<unknown> =>
      askJson(market, exchange, { path });
    expect(at(await json("bybit", "/v5/market/tickers?category=linear"), "retCode")).toBe(0);
    expect(at(await json("okx", "/api/v5/public/mark-price?instType=SWAP"), "code")).toBe("0");
    const bitget = await json("bitget", "/api/v3/market/tickers?category=USDC-FUTURES");
    expect(at(bitget, "code")).toBe("00000");
    expect(at(await json("kucoin", "/api/v1/contracts/active"), "code")).toBe("200000");
    expect(at(await json("kraken", "/derivatives/api/v3/tickers"), "result")).toBe("success");
  });
});

describe("no number is printed with an exponent inside a string", () => {
  test.each([...CASES])("%s", async (_title, payload) => {
    const rows = rowsOf(payload, await askJson(market, payload.exchange, payload.request));
    const odd = rows.flatMap((row) =>
      Object.entries(row).filter(
        ([, value]) =>
          typeof value === "string" && /^-?[\d.]+e[+-]?\d+$|^-?(NaN|Infinity)$/i.test(value),
      ),
    );
    expect(odd).toEqual([]);
  });
});

describeRecorded("against what the exchanges really sent", (read) => {
  const cases = CASES.flatMap(([title, payload]) =>
    payload.recorded.map((file): [string, string, Payload] => [title, file, payload]),
  );

  test.each(cases)("%s is like %s", async (_title, file, payload) => {
    const answer = await askJson(market, payload.exchange, payload.request);
    const recorded = await read(payload.exchange, file);
    // One object is kept in the wrapping of the request that it answers, as the rows are.
    const known = rowsOf(payload, recorded);
    expect(Object.keys(known[0] ?? {}).length).toBeGreaterThan(0);
    expect(clashes(known, rowsOf(payload, answer))).toEqual([]);
    if (payload.rows?.length !== 0)
      expect(clashes([objectOf(recorded)], [objectOf(answer)])).toEqual([]);
  });
});
