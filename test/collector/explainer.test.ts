import { randomBytes } from "node:crypto";
import { describe, expect, test } from "bun:test";
import { Explainer, REPLACED_KEPT_MS } from "../../src/collector/explainer.ts";
import { PayloadBudget, RecordedRefresh } from "../../src/collector/recorded-refresh.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { Origin, OriginRequest } from "../../src/domain/origin.ts";
import type { ExchangeHttp, Source } from "../../src/exchanges/exchange.ts";
import { EXPLAIN_WITHIN_MS } from "../../src/collector/pending-requests.ts";
import { drive } from "../support/drive.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NOON_MS, quoteOf } from "../support/quote.ts";
import { until } from "../support/service.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";

const STEP_MS = 5;
const MINUTE_MS = 60_000;

/** Exchanges that send one reply with the rates of a few symbols, on a clock controlled by the test. */
function explainerLab(maxBytes?: number) {
  const clock = new ManualClock(NOON_MS);
  const lifetime = new AbortController();
  const budget = new PayloadBudget(maxBytes);
  const explainer = new Explainer({ clock, lifetime: lifetime.signal, budget });
  /** How often payloads were parsed again, by exchange. */
  const readings: Partial<Record<ExchangeId, number>> = {};

  /** An exchange with a rate per symbol; reading its payloads takes `readsForMs`. */
  const exchangeOf = (id: ExchangeId, readsForMs = 0) => ({
    ...scriptedExchange(id, () => batchOf([])),
    async refresh(source: Source) {
      const { value, receivedAtMs } = await source.essential("rates", (http) =>
        http.get("/rates", (body) => body as { rates: Record<string, number> }),
      );
      if (readsForMs > 0) await clock.sleep(readsForMs);
      readings[id] = (readings[id] ?? 0) + 1;
      const quotes = Object.entries(value.rates).map(([exchangeSymbol, fundingRate]) =>
        quoteOf("BTC", { exchangeSymbol, fundingRate, receivedAtMs }),
      );
      const explain = (symbol: string) => {
        const quote = quotes.find(({ exchangeSymbol }) => exchangeSymbol === symbol);
        const rows = { rates: quote?.fundingRate };
        return quote === undefined ? null : { quote, origin: { rows, formula: "{rates}" } };
      };
      return { ...batchOf(quotes), explain };
    },
  });

  /** Stores a refresh now; `pad` makes its text larger. */
  const store = async (exchange: ReturnType<typeof exchangeOf>, rate: number, pad = "") => {
    const refresh = new RecordedRefresh(budget);
    const text = new TextEncoder().encode(JSON.stringify({ rates: { BTC: rate, ETH: 1 }, pad }));
    const refreshed = exchange.refresh(refresh.recording(sourceOf(clock, text)));
    await drive(refreshed, clock, STEP_MS);
    readings[exchange.facts.id] = 0;
    const storedAtMs = clock.nowMs();
    explainer.accepted(exchange, storedAtMs, refresh);
    return storedAtMs;
  };
  /** One driver for all of them: each would move the clock, and texts are decompressed in real time. */
  const askAll = (requests: readonly OriginRequest[]) =>
    drive(Promise.all(requests.map((request) => explainer.explain(request))), clock, STEP_MS);
  const ask = (exchange: ExchangeId, exchangeSymbol: string, storedAtMs: number) =>
    drive(explainer.explain({ exchange, exchangeSymbol, storedAtMs }), clock, STEP_MS);
  return { clock, budget, explainer, readings, exchangeOf, store, ask, askAll };
}

/** Text that compresses badly. */
function noise(chars: number): string {
  return randomBytes(chars).toString("base64").slice(0, chars);
}

function rateOf(origin: Origin): unknown {
  return typeof origin === "string" ? origin : origin.quote.fundingRate;
}

async function failureOf(explanation: Promise<unknown>): Promise<string> {
  return explanation.then(
    () => "none",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

function sourceOf(clock: ManualClock, text: Uint8Array): Source {
  const unused = () => Promise.reject(new Error("assertion failed: not requested here"));
  const http: ExchangeHttp = {
    get: (_path, decode) =>
      Promise.resolve(decode(JSON.parse(new TextDecoder().decode(text)), text)),
    postRead: unused,
  };
  return {
    nowMs: () => clock.nowMs(),
    essential: async (_name, load) => ({ value: await load(http), receivedAtMs: clock.nowMs() }),
    instruments: unused,
    intervals: unused,
    secondary: unused,
    rotation: unused,
    sweep: unused,
  };
}

describe("rows are explained by the batch that they come from", () => {
  test("the newest one, and the one before it as long as readers may still see it", async () => {
    const { clock, exchangeOf, store, ask } = explainerLab();
    const okx = exchangeOf("okx");
    const first = await store(okx, 0.1);
    await clock.advance(MINUTE_MS);
    const second = await store(okx, 0.2);
    expect(rateOf(await ask("okx", "BTC", first))).toBe(0.1);
    expect(rateOf(await ask("okx", "BTC", second))).toBe(0.2);
    await clock.advance(REPLACED_KEPT_MS);
    expect(await ask("okx", "BTC", first)).toBe("being_replaced");
    expect(rateOf(await ask("okx", "BTC", second))).toBe(0.2);
  });

  test("or not at all, with the reason", async () => {
    const { exchangeOf, store, ask, clock } = explainerLab();
    const beforeRestart = clock.nowMs() - MINUTE_MS;
    expect(await ask("okx", "BTC", beforeRestart)).toBe("not_in_memory");
    const first = await store(exchangeOf("okx"), 0.1);
    expect(await ask("okx", "BTC", beforeRestart)).toBe("being_replaced");
    expect(await ask("gate", "BTC", first)).toBe("not_in_memory");
    for (const garbage of ["", "NO-SUCH", "__proto__", "\u0000"])
      expect(await ask("okx", garbage, first)).toBe("not_in_last_batch");
  });
});

test("a batch that is dropped while it is parsed again is being replaced", async () => {
  const { clock, explainer, exchangeOf, store } = explainerLab();
  const okx = exchangeOf("okx");
  const first = await store(okx, 0.1);
  const { refresh } = okx;
  okx.refresh = (source) => clock.sleep(2 * REPLACED_KEPT_MS).then(() => refresh(source));
  const explanation = explainer.explain({
    exchange: "okx",
    exchangeSymbol: "BTC",
    storedAtMs: first,
  });
  await store(exchangeOf("okx"), 0.2);
  expect(await drive(explanation, clock, REPLACED_KEPT_MS)).toBe("being_replaced");
});

describe("stored payloads are limited", () => {
  test("replaced batches release their bytes", async () => {
    const { clock, budget, exchangeOf, store } = explainerLab();
    const okx = exchangeOf("okx");
    const pad = noise(100_000);
    await store(okx, 0.1, pad);
    await until(
      () => budget.keptBytes < 100_000,
      () => `${budget.keptBytes} bytes are stored`,
    );
    const ofOne = budget.keptBytes;
    expect(ofOne).toBeGreaterThan(50_000);
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(MINUTE_MS);
      await store(okx, 0.2, pad);
    }
    await clock.advance(MINUTE_MS);
    await until(
      () => budget.keptBytes <= ofOne + 100,
      () => `${budget.keptBytes} bytes are stored, not ${ofOne}`,
    );
  });

  test("a refresh over its maximum is not stored, and the next one is", async () => {
    const { clock, budget, exchangeOf, store, ask } = explainerLab();
    const okx = exchangeOf("okx");
    const large = await store(okx, 0.1, "x".repeat(9 * 1024 * 1024));
    expect(await ask("okx", "BTC", large)).toBe("too_large");
    expect(budget.keptBytes).toBe(0);
    await clock.advance(MINUTE_MS);
    expect(rateOf(await ask("okx", "BTC", await store(okx, 0.2)))).toBe(0.2);
  });

  test("all exchanges share one maximum, and a refresh over it does not affect the others", async () => {
    const { budget, exchangeOf, store, ask } = explainerLab(50_000);
    const small = await store(exchangeOf("okx"), 0.1);
    const large = await store(exchangeOf("gate"), 0.2, noise(60_000));
    expect(await ask("gate", "BTC", large)).toBe("too_large");
    expect(rateOf(await ask("okx", "BTC", small))).toBe(0.1);
    expect(budget.keptBytes).toBeLessThan(1_000);
  });

  test("a refused refresh leaves nothing, not even a text being compressed", async () => {
    const { budget, exchangeOf, clock } = explainerLab();
    const refresh = new RecordedRefresh(budget);
    const text = new TextEncoder().encode(JSON.stringify({ rates: {}, pad: noise(500_000) }));
    await exchangeOf("okx").refresh(refresh.recording(sourceOf(clock, text)));
    expect(budget.keptBytes).toBe(text.byteLength);
    refresh.release();
    expect(budget.keptBytes).toBe(0);
    await drive(Bun.zstdCompress(text), clock, 0);
    refresh.release();
    expect(budget.keptBytes).toBe(0);
  });
});

describe("explaining costs little, however many requests there are", () => {
  test("requests for one batch share one reading, which is dropped after a while", async () => {
    const { clock, readings, exchangeOf, store, ask, askAll } = explainerLab();
    const first = await store(exchangeOf("okx"), 0.1);
    const symbols = Array.from({ length: 100 }, (_item, index) => (index % 2 ? "BTC" : "ETH"));
    const origins = await askAll(
      symbols.map((exchangeSymbol) => ({ exchange: "okx", exchangeSymbol, storedAtMs: first })),
    );
    expect(new Set(origins.map(rateOf))).toEqual(new Set([0.1, 1]));
    expect(readings.okx).toBe(1);
    await clock.advance(MINUTE_MS);
    await ask("okx", "BTC", first);
    expect(readings.okx).toBe(2);
  });

  test("requests for every exchange take at most a tenth of the time; the rest are answered as busy", async () => {
    const { clock, readings, exchangeOf, store, askAll } = explainerLab();
    const readMs = 50;
    const ids = EXCHANGE_IDS.slice(0, 12);
    const stored: number[] = [];
    for (const id of ids) stored.push(await store(exchangeOf(id, readMs), 0.1));
    const startMs = clock.monotonicMs();
    const origins = await askAll(
      ids.map((exchange, index) => ({
        exchange,
        exchangeSymbol: "BTC",
        storedAtMs: stored[index] ?? Number.NaN,
      })),
    );
    const answered = origins.filter((origin) => rateOf(origin) === 0.1).length;
    const busy = origins.filter((origin) => origin === "busy").length;
    expect(answered + busy).toBe(ids.length);
    expect([answered > 1, busy > 1]).toEqual([true, true]);
    const read = Object.values(readings).reduce((sum, count) => sum + count, 0);
    expect(read).toBe(answered);
    // The pause after the last one is still to come.
    expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual((read - 1) * 10 * readMs);
  });

  test("a batch whose requests have timed out is not parsed, and delays no other", async () => {
    const { clock, readings, exchangeOf, store, ask, askAll } = explainerLab();
    // The pause after each is nine times as long, longer than the time-out of a request.
    const readMs = 300;
    const ids = EXCHANGE_IDS.slice(0, 4);
    const stored: number[] = [];
    for (const id of ids) stored.push(await store(exchangeOf(id, readMs), 0.1));
    const startMs = clock.monotonicMs();
    const origins = await askAll(
      ids.map((exchange, index) => ({
        exchange,
        exchangeSymbol: "BTC",
        storedAtMs: stored[index] ?? Number.NaN,
      })),
    );
    expect(origins.filter((origin) => origin === "busy")).toHaveLength(3);
    expect(Object.values(readings).reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(clock.monotonicMs() - startMs).toBeLessThan(EXPLAIN_WITHIN_MS);
    await clock.advance(10 * readMs);
    const last = ids[3] ?? "okx";
    expect(rateOf(await ask(last, "BTC", stored[3] ?? Number.NaN))).toBe(0.1);
  });

  test("payloads that cannot be parsed again are an error each time, without further effects", async () => {
    const { exchangeOf, store, ask } = explainerLab();
    const okx = exchangeOf("okx");
    const first = await store(okx, 0.1);
    okx.refresh = () => Promise.reject(new Error("broken"));
    expect(await failureOf(ask("okx", "BTC", first))).toBe("broken");
    expect(await failureOf(ask("okx", "BTC", first))).toBe("broken");
    expect(rateOf(await ask("gate", "BTC", await store(exchangeOf("gate"), 0.2)))).toBe(0.2);
  });
});
