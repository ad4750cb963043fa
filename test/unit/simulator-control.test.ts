import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { EXCHANGES } from "../../src/simulator/listing.ts";
import { startSimulator } from "../../src/simulator/server.ts";
import { ratesRows } from "../support/simulator-rates.ts";
import { at, DEMO_START_MS, type Json, objectOf, rowsAt } from "../support/simulator.ts";

const MINUTE_MS = 60_000;

let simulator = startSimulator({ nowMs: () => DEMO_START_MS });

/** Commands change the market: each test has its own. */
beforeEach(() => {
  simulator.stop();
  simulator = startSimulator({ nowMs: () => DEMO_START_MS });
});
afterAll(() => simulator.stop());

async function get(what: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${simulator.origin}/control/${what}`);
  return { status: response.status, body: await response.json() };
}

async function command(name: string, body?: unknown): Promise<{ status: number; body: Json }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${simulator.origin}/control/${name}`, {
    method: "POST",
    ...(body === undefined ? {} : { body: text }),
  });
  return { status: response.status, body: objectOf(await response.json()) };
}

async function done(name: string, body?: unknown): Promise<void> {
  expect(await command(name, body)).toMatchObject({ status: 200, body: { ok: true } });
}

async function status(path: string): Promise<number> {
  return (await fetch(simulator.origin + path)).status;
}

/** One instrument of the truth as returned by the control API, undefined if it is not shown. */
async function truthOf(exchange: string, symbol: string): Promise<Json | undefined> {
  const { body } = await get(`truth?exchange=${exchange}`);
  return rowsAt(body, exchange, "instruments").find((row) => row["exchange_symbol"] === symbol);
}

describe("what the control shows", () => {
  test("truth: of all exchanges, or of one, as the market has it", async () => {
    const { body } = await get("truth");
    expect(Object.keys(objectOf(body))).toEqual([...EXCHANGES]);
    const one = await get("truth?exchange=kraken");
    expect(one.body).toEqual({
      kraken: JSON.parse(JSON.stringify(simulator.market.truth("kraken"))),
    });
    expect(at(body, "kraken")).toEqual(at(one.body, "kraken"));
  });

  test("truth: symbols that must not be shown, with the reason", async () => {
    const { body } = await get("truth?exchange=kraken");
    expect(rowsAt(body, "kraken", "skipped")).toContainEqual({
      exchange_symbol: "PI_XBTUSD",
      reason: "inverse",
    });
  });

  test("requests: counts by exchange and path without the query, until they are reset", async () => {
    await status("/binance/fapi/v1/openInterest?symbol=BTCUSDT");
    await status("/binance/fapi/v1/openInterest?symbol=ETHUSDT");
    await status("/kucoin.ua/api/ua/v2/market/funding-rate");
    await status("/kraken/nowhere");
    await get("clock");
    expect((await get("requests")).body).toEqual({
      "binance /fapi/v1/openInterest": 2,
      "kucoin /api/ua/v2/market/funding-rate": 1,
      "kraken /nowhere": 1,
    });
    await done("reset");
    expect((await get("requests")).body).toEqual({});
  });

  test("a request that meets a fault is counted", async () => {
    await done("fault", { exchange: "kraken", fault: "http500" });
    await status("/kraken/derivatives/api/v3/tickers");
    expect((await get("requests")).body).toEqual({ "kraken /derivatives/api/v3/tickers": 1 });
  });

  test("clock: the market's time", async () => {
    expect((await get("clock")).body).toEqual({ now_ms: DEMO_START_MS });
  });
});

describe("time", () => {
  test("step, freeze and unfreeze move the market and return its state", async () => {
    const stepped = await command("step", { ms: MINUTE_MS });
    expect(stepped.body["now_ms"]).toBe(DEMO_START_MS + MINUTE_MS);
    await done("freeze");
    await done("step", { ms: MINUTE_MS });
    await done("unfreeze", {});
    expect((await get("clock")).body).toEqual({ now_ms: DEMO_START_MS + 2 * MINUTE_MS });
    await done("step", { ms: -3 * MINUTE_MS });
    expect((await get("clock")).body).toEqual({ now_ms: DEMO_START_MS - MINUTE_MS });
  });

  test("step of one exchange moves only its clock, forwards and back", async () => {
    const stampOf = async (path: string): Promise<unknown> => {
      const response = await fetch(simulator.origin + path);
      const body: unknown = await response.json();
      return at(body, 0, "time") ?? at(body, "data", 0, "ts");
    };
    const [binance, okx] = [
      "/binance/fapi/v1/premiumIndex",
      "/okx/api/v5/public/funding-rate?instId=ANY",
    ] as const;
    for (const [ms, behindMs] of [
      [-5 * MINUTE_MS, -5 * MINUTE_MS],
      [7 * MINUTE_MS, 2 * MINUTE_MS],
      [-2 * MINUTE_MS, 0],
    ] as const) {
      await done("step", { ms, exchange: "binance" });
      expect(await stampOf(binance)).toBe(DEMO_START_MS + behindMs);
      expect(await stampOf(okx)).toBe(String(DEMO_START_MS));
      expect((await get("clock")).body).toEqual({ now_ms: DEMO_START_MS });
    }
  });
});

describe("faults", () => {
  const PATH = "/kraken/derivatives/api/v3/tickers";

  test("fault and clear, of one exchange and of all", async () => {
    await done("fault", { exchange: "kraken", fault: "http500" });
    await done("fault", { exchange: "okx", fault: "http451" });
    expect(await status(PATH)).toBe(500);
    await done("clear", { exchange: "kraken" });
    expect(await status(PATH)).toBe(200);
    expect(await status("/okx/api/v5/public/funding-rate?instId=ANY")).toBe(451);
    await done("clear");
    expect(await status("/okx/api/v5/public/funding-rate?instId=ANY")).toBe(200);
  });

  test("every setting of a fault takes effect", async () => {
    const fault = { exchange: "kraken", fault: "http429", retry_after_seconds: 9 };
    await done("fault", { ...fault, paths: "tickers", times: 1 });
    expect(await status("/kraken/derivatives/api/v3/instruments")).toBe(200);
    const response = await fetch(simulator.origin + PATH);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "9"]);
    expect(await status(PATH)).toBe(200);
    await done("fault", { exchange: "kraken", fault: "missing_field", field: "markPrice" });
    const rows = await ratesRows(simulator.market, "kraken");
    expect(rows.some((row) => "markPrice" in row)).toBe(false);
    await done("fault", { exchange: "kraken", fault: "slow", delay_ms: 40 });
    const startMs = performance.now();
    await status(PATH);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(35);
  });
});

describe("instruments", () => {
  test("interval: the wire, the truth and the next settlement follow", async () => {
    const symbol = "BTCUSDT";
    for (const hours of [1, 2, 4, 8]) {
      await done("interval", { exchange: "bitget", exchange_symbol: symbol, hours });
      const row = (await ratesRows(simulator.market, "bitget")).find(
        (each) => each["symbol"] === symbol,
      );
      expect(row?.["fundingRateInterval"]).toBe(String(hours));
      const intervalMs = hours * 3_600_000;
      const nextMs = (Math.floor(DEMO_START_MS / intervalMs) + 1) * intervalMs;
      expect(row?.["nextUpdate"]).toBe(String(nextMs));
      expect(await truthOf("bitget", symbol)).toMatchObject({
        funding_interval_hours: hours,
        next_funding_time: nextMs / 1000,
      });
    }
  });

  test("interval: a symbol that binance never adjusted appears in its list of adjusted ones", async () => {
    const info = async (): Promise<readonly unknown[]> => {
      const response = await fetch(`${simulator.origin}/binance/fapi/v1/fundingInfo`);
      return rowsAt(await response.json()).map((row) => row["symbol"]);
    };
    const listed = new Set(await info());
    const unadjusted = simulator.market
      .truth("binance")
      .instruments.find((row) => !listed.has(row.exchange_symbol));
    if (unadjusted === undefined) throw new Error("every symbol was adjusted");
    const { exchange_symbol } = unadjusted;
    await done("interval", { exchange: "binance", exchange_symbol, hours: 4 });
    expect(await info()).toContain(exchange_symbol);
  });

  test.each([
    ["binance", "ETHUSDT", "settling", "stays"],
    ["bybit", "ETHUSDT", "gone", "leaves"],
    ["okx", "ETH-USDT-SWAP", "gone", "leaves"],
    ["bitget", "ETHUSDT", "gone", "leaves"],
    ["gate", "ETH_USDT", "settling", "stays"],
    ["kucoin", "ETHUSDTM", "gone", "leaves"],
    ["hyperliquid", "ETH", "settling", "stays"],
    ["kraken", "PF_ETHUSD", "gone", "leaves"],
  ] as const)(
    "%s: %s delisted is not shown (%s) and %s on the wire; relisted, it is back",
    async (...row) => {
      const [exchange, exchange_symbol, reason, onWire] = row;
      const rows = async (): Promise<number> =>
        (await ratesRows(simulator.market, exchange)).length;
      const before = await rows();
      const shownBefore = await truthOf(exchange, exchange_symbol);
      expect(shownBefore).toBeDefined();
      await done("delist", { exchange, exchange_symbol });
      expect(await truthOf(exchange, exchange_symbol)).toBeUndefined();
      expect(await rows()).toBe(onWire === "stays" ? before : before - 1);
      const { body } = await get(`truth?exchange=${exchange}`);
      const skipped = rowsAt(body, exchange, "skipped").filter(
        (each) => each["exchange_symbol"] === exchange_symbol,
      );
      expect(skipped).toEqual(onWire === "stays" ? [{ exchange_symbol, reason }] : []);
      await done("relist", { exchange, exchange_symbol });
      expect(await truthOf(exchange, exchange_symbol)).toEqual(shownBefore);
      expect(await rows()).toBe(before);
    },
  );

  test("relist: the listing date is now, or the given one", async () => {
    const launchTime = async (): Promise<unknown> => {
      const path = "/bybit/v5/market/instruments-info?category=linear&symbol=ETHUSDT";
      const response = await fetch(simulator.origin + path);
      return rowsAt(await response.json(), "result", "list")[0]?.["launchTime"];
    };
    const target = { exchange: "bybit", exchange_symbol: "ETHUSDT" };
    await done("delist", target);
    await done("relist", target);
    expect(await launchTime()).toBe(String(DEMO_START_MS));
    await done("relist", { ...target, listed_at_ms: 1_700_000_000_000 });
    expect(await launchTime()).toBe("1700000000000");
  });
});

describe("a bad command is a 400 with a reason, and changes nothing", () => {
  const kraken = { exchange: "kraken" };

  test.each([
    ["explode", {}, "no command explode"],
    ["fault", undefined, "exchange must be one of binance"],
    ["fault", { exchange: "mtgox", fault: "html" }, "exchange must be one of binance"],
    ["fault", { ...kraken, fault: "x" }, "fault must be one of slow"],
    ["fault", { ...kraken, fault: "html", times: 0 }, "times must be more than 0"],
    ["fault", { ...kraken, fault: "html", times: "2" }, "times must be a number"],
    ["fault", { ...kraken, fault: "slow", delay_ms: -1 }, "delay_ms must be more than 0"],
    [
      "fault",
      { exchange: "gate", fault: "frozen_timestamps" },
      "frozen_timestamps cannot happen to gate: no payload carries a time of its own",
    ],
    ["clear", { exchange: "mtgox" }, "exchange must be one of binance"],
    ["step", {}, "ms must be a number"],
    ["step", { ms: "5" }, "ms must be a number"],
    ["step", { ms: 5, exchange: "mtgox" }, "exchange must be one of binance"],
    ["step", "{", "the body must be a JSON object"],
    ["step", "[5]", "the body must be a JSON object"],
    ["step", "null", "the body must be a JSON object"],
    ["interval", { ...kraken, hours: 4 }, "exchange_symbol must be a text"],
    ["interval", { ...kraken, exchange_symbol: "X", hours: 4 }, "no instrument X"],
    ["interval", { ...kraken, exchange_symbol: "PF_XBTUSD" }, "hours must be a number"],
    [
      "interval",
      { ...kraken, exchange_symbol: "PF_XBTUSD", hours: 0 },
      "hours must be more than 0",
    ],
    ["delist", { ...kraken, exchange_symbol: "X" }, "no instrument X"],
    ["relist", { ...kraken, exchange_symbol: "X" }, "no instrument X"],
    [
      "relist",
      { ...kraken, exchange_symbol: "PF_XBTUSD", listed_at_ms: "now" },
      "listed_at_ms must be a number",
    ],
  ] as const)("%s %j: %s", async (name, body, reason) => {
    const before = await (
      await fetch(`${simulator.origin}/kraken/derivatives/api/v3/tickers`)
    ).text();
    const answer = await command(name, body);
    expect(answer.status).toBe(400);
    expect(answer.body["ok"]).toBe(false);
    expect(answer.body["error"]).toStartWith(reason);
    const after = await (
      await fetch(`${simulator.origin}/kraken/derivatives/api/v3/tickers`)
    ).text();
    expect(after).toBe(before);
  });

  test.each([
    ["fault", "nothing to see at fault"],
    ["", "nothing to see at "],
    ["truth?exchange=mtgox", "exchange must be one of binance"],
  ])("GET %p: %s", async (what, reason) => {
    const { status: code, body } = await get(what);
    expect(code).toBe(400);
    expect(at(body, "error")).toStartWith(reason);
  });
});
