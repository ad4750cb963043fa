import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { FAULTS, type FaultName } from "../../src/simulator/fault-names.ts";
import type { Fault } from "../../src/simulator/faults.ts";
import { handle } from "../../src/simulator/handler.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { ratesOf, ratesRows } from "../support/simulator-rates.ts";
import { at, DEMO_START_MS, demoMarket, type Json, rowsAt } from "../support/simulator.ts";

/** One exchange represents all: these faults are applied before the exchange's own format matters. */
const PATH = "/fapi/v1/premiumIndex";

const simulator = startSimulator({ nowMs: () => DEMO_START_MS });
const { market } = simulator;

afterAll(() => simulator.stop());
afterEach(() => market.clearFaults());

function ask(path = PATH, init: BunFetchRequestInit = {}): Promise<Response> {
  return fetch(`${simulator.origin}/binance${path}`, init);
}

async function withFault(fault: Fault, path = PATH): Promise<Response> {
  market.setFault("binance", fault);
  return ask(path);
}

/** The effect of each fault over HTTP; a fault without a check does not compile. */
const SEEN = {
  async slow() {
    const startMs = performance.now();
    const response = await withFault({ name: "slow", delayMs: 60 });
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(55);
    expect(rowsAt(await response.json()).length).toBeGreaterThan(800);
  },
  async hang() {
    market.setFault("binance", { name: "hang" });
    const patience = AbortSignal.timeout(150);
    expect(await ask(PATH, { signal: patience }).catch((error: Error) => error.name)).toBe(
      "TimeoutError",
    );
    // The others are answered while one hangs, and so is the same one afterwards.
    market.clearFaults();
    expect((await ask()).status).toBe(200);
  },
  async http403() {
    const response = await withFault({ name: "http403" });
    expect(response.status).toBe(403);
    expect(response.headers.get("content-type")).toStartWith("text/html");
  },
  async http429() {
    const response = await withFault({ name: "http429", retryAfterSeconds: 17 });
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("17");
    expect(await response.json()).toMatchObject({ code: -1003 });
    expect((await withFault({ name: "http429" })).headers.has("retry-after")).toBe(false);
  },
  async http418() {
    const response = await withFault({ name: "http418", retryAfterSeconds: 120 });
    expect(response.status).toBe(418);
    expect(response.headers.get("retry-after")).toBe("120");
    expect(await response.json()).toMatchObject({ code: -1003 });
  },
  async http451() {
    const response = await withFault({ name: "http451" });
    expect(response.status).toBe(451);
    expect(response.headers.get("content-type")).toStartWith("text/html");
  },
  async http500() {
    const response = await withFault({ name: "http500" });
    expect(response.status).toBe(500);
    expect(await response.text()).toBe("Internal Server Error");
  },
  async html() {
    const response = await withFault({ name: "html" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toStartWith("text/html");
    expect(await response.text()).toStartWith("<!DOCTYPE html>");
  },
  async truncated_json() {
    const whole = await (await ask()).text();
    const response = await withFault({ name: "truncated_json" });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(whole.startsWith(text)).toBe(true);
    expect(text.length).toBe(Math.floor(whole.length * 0.6));
    expect(() => void JSON.parse(text)).toThrow();
  },
  async huge_body() {
    const response = await withFault({ name: "huge_body" });
    expect(response.status).toBe(200);
    const cap = 32 * 1024 * 1024;
    let bytes = 0;
    for await (const piece of response.body ?? []) {
      bytes += piece.byteLength;
      if (bytes > cap) break;
    }
    expect(bytes).toBeGreaterThan(cap);
  },
  async deep_json() {
    const text = await (await withFault({ name: "deep_json" })).text();
    expect(text.length).toBe(10 * 1024 * 1024);
    expect(text.replaceAll("[", "")).toBe("");
  },
  async gzip_bomb() {
    market.setFault("binance", { name: "gzip_bomb" });
    const response = await ask(PATH, { decompress: false });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const bomb = await response.bytes();
    expect(bomb.length).toBeLessThan(8 * 1024 * 1024);
    expect(gunzipSync(bomb.subarray(0, bomb.length / 1024))).toHaveLength(1024 * 1024);
  },
  async error_envelope() {
    const response = await withFault({ name: "error_envelope" });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ code: -1001 });
  },
  async empty_list() {
    const response = await withFault({ name: "empty_list" });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([]);
  },
  async half_list() {
    const whole = rowsAt(await (await ask()).json());
    const half = rowsAt(await (await withFault({ name: "half_list" })).json());
    expect(half).toEqual(whole.filter((_row, index) => index % 2 === 0));
  },
  async garbage_numbers() {
    const rates = rowsAt(await (await withFault({ name: "garbage_numbers" })).json());
    expect(rates.slice(0, 7).map((row) => row["lastFundingRate"])).toEqual([
      "abc",
      expect.stringMatching(/^-?0\.\d{8}$/),
      expect.stringMatching(/^-?0\.\d{8}$/),
      1e300,
      expect.stringMatching(/^-?0\.\d{8}$/),
      expect.stringMatching(/^-?0\.\d{8}$/),
      "NaN",
    ]);
    expect(rates[9]).toMatchObject({ markPrice: "-1", indexPrice: "-1" });
  },
  async frozen_timestamps() {
    const times = async (): Promise<ReadonlySet<unknown>> =>
      new Set(rowsAt(await (await ask()).json()).map((row) => row["time"]));
    market.setFault("binance", { name: "frozen_timestamps" });
    const frozen = new Set<unknown>([market.nowMs()]);
    market.step(60_000);
    expect(await times()).toEqual(frozen);
    market.clearFaults();
    expect(await times()).toEqual(new Set([market.nowMs()]));
  },
  async missing_field() {
    const without = rowsAt(await (await withFault({ name: "missing_field" })).json());
    expect(without.some((row) => "lastFundingRate" in row)).toBe(false);
    expect(without.every((row) => "markPrice" in row)).toBe(true);
    const named = await withFault({ name: "missing_field", field: "markPrice" });
    const rows = rowsAt(await named.json());
    expect(rows.some((row) => "markPrice" in row)).toBe(false);
    expect(rows.every((row) => "lastFundingRate" in row)).toBe(true);
  },
  async many_rows() {
    const few = rowsAt(await (await ask()).json());
    const many = rowsAt(await (await withFault({ name: "many_rows" })).json());
    expect(many.length).toBeGreaterThanOrEqual(15_000);
    expect(many.slice(0, few.length)).toEqual(few.slice(0));
    expect(new Set(many.map((row) => row["symbol"])).size).toBe(many.length);
  },
  async scaled_rates() {
    const rates = (rows: readonly Json[]): readonly number[] =>
      rows.map((row) => Number(row["lastFundingRate"] ?? 0));
    const right = rates(rowsAt(await (await ask()).json()));
    const wrong = rates(rowsAt(await (await withFault({ name: "scaled_rates" })).json()));
    expect(wrong.map((rate) => rate.toPrecision(6))).toEqual(
      right.map((rate) => (rate * 100).toPrecision(6)),
    );
  },
} as const satisfies Record<FaultName, () => Promise<void>>;

describe("a fault takes effect over HTTP, and ends when it is cleared", () => {
  test.each([...FAULTS])("%s", async (name) => {
    const before = rowsAt(await (await ask()).json()).map((row) => row["symbol"]);
    await SEEN[name]();
    market.clearFaults("binance");
    const response = await ask();
    expect(response.status).toBe(200);
    expect(rowsAt(await response.json()).map((row) => row["symbol"])).toEqual(before);
  });
});

test("a hanging request ends when its client gives up", async () => {
  market.setFault("binance", { name: "hang" });
  const reader = new AbortController();
  const request = new Request(`${simulator.origin}/binance${PATH}`, { signal: reader.signal });
  const reply = handle(market, request);
  await (await fetch(`${simulator.origin}/bybit/v5/market/tickers?category=linear`)).text();
  expect(Bun.peek.status(reply)).toBe("pending");
  reader.abort();
  expect((await reply).status).toBe(499);
});

describe("the scope of a fault", () => {
  const status = async (path: string): Promise<number> => (await ask(path)).status;

  test("`paths`: only requests that contain the text, in path or query", async () => {
    market.setFault("binance", { name: "http500", paths: "openInterest?symbol=BTC" });
    expect(await status("/fapi/v1/openInterest?symbol=BTCUSDT")).toBe(500);
    expect(await status("/fapi/v1/openInterest?symbol=ETHUSDT")).toBe(200);
    expect(await status(PATH)).toBe(200);
  });

  test("`paths`: a body counts as well", async () => {
    const info = async (body: object): Promise<number> => {
      const init = { method: "POST", body: JSON.stringify(body) };
      return (await fetch(`${simulator.origin}/hyperliquid/info`, init)).status;
    };
    market.setFault("hyperliquid", { name: "http500", paths: '"dex":"xyz"' });
    expect(await info({ type: "metaAndAssetCtxs", dex: "xyz" })).toBe(500);
    expect(await info({ type: "metaAndAssetCtxs" })).toBe(200);
  });

  test("`times`: this many requests, then it ends by itself", async () => {
    market.setFault("binance", { name: "http500", times: 2 });
    expect([await status(PATH), await status(PATH), await status(PATH)]).toEqual([500, 500, 200]);
  });

  test("`times` counts only the requests that match `paths`", async () => {
    market.setFault("binance", { name: "http500", times: 1, paths: "ticker" });
    expect([await status(PATH), await status("/fapi/v1/ticker/24hr")]).toEqual([200, 500]);
    expect(await status("/fapi/v1/ticker/24hr")).toBe(200);
  });

  test("frozen timestamps support both", async () => {
    const timeAt = async (path: string): Promise<unknown> =>
      at(await (await ask(path)).json(), 0, "time");
    market.setFault("binance", { name: "frozen_timestamps", times: 1, paths: "premiumIndex" });
    const frozenMs = market.nowMs();
    market.step(30_000);
    const openInterest = await (await ask("/fapi/v1/openInterest?symbol=BTCUSDT")).json();
    expect(at(openInterest, "time")).toBe(market.nowMs());
    expect(await timeAt(PATH)).toBe(frozenMs);
    expect(await timeAt(PATH)).toBe(market.nowMs());
  });

  test("one exchange: the others are not affected", async () => {
    market.setFault("binance", { name: "empty_list" });
    expect((await ratesRows(market, "binance")).length).toBe(0);
    expect((await ratesRows(market, "bybit")).length).toBeGreaterThan(600);
  });

  test("one fault at a time: the next one replaces the last", async () => {
    market.setFault("binance", { name: "http500" });
    market.setFault("binance", { name: "http451" });
    expect(await status(PATH)).toBe(451);
  });
});

test("an error of the exchange stays one while rows are corrupted", async () => {
  const ownMarket = demoMarket();
  ownMarket.setFault("okx", { name: "half_list" });
  const request = new Request("http://simulator/okx/api/v5/public/funding-rate");
  expect(at(await (await handle(ownMarket, request)).json(), "code")).toBe("50014");
  expect(ratesOf("okx").request.path).toContain("instId=ANY");
});
