import { describe, expect, test } from "bun:test";
import { collectOnce } from "../../src/collector/collect-once.ts";
import {
  ExchangeRequests,
  GLOBAL_SLOTS,
  SPARE_SLOTS,
  SWEEP_SLOTS,
} from "../../src/collector/exchange-http.ts";
import { fetchBatch } from "../../src/collector/fetch-batch.ts";
import { ExchangeSource } from "../../src/collector/source.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Exchange, ExchangeFacts, ExchangeHttp } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { Semaphore } from "../../src/lib/semaphore.ts";
import { FarClient, maxStartsIn } from "../support/far-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { quoteOf } from "../support/quote.ts";
import { batchOf, scriptedExchange } from "../support/scripted-exchange.ts";
import { LONG_MS } from "../support/patience.ts";

const PERIOD_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** Perpetuals listed by Crypto.com in September 2026. */
const INSTRUMENTS = 394;

const keysOf = (count: number): string[] => Array.from({ length: count }, (_, n) => `K${n}`);
const loadOne = (http: ExchangeHttp, key: string): Promise<number> => http.get(`/${key}`, () => 1);

function farExchange(facts: ExchangeFacts, latencyMs: number, periodMs = PERIOD_MS) {
  const clock = new ManualClock();
  const client = new FarClient(clock, latencyMs);
  const globalSlots = new Semaphore(GLOBAL_SLOTS);
  const requests = new ExchangeRequests(facts, {
    client,
    clock,
    globalSlots,
    sweepSlots: new Semaphore(SWEEP_SLOTS),
    spareSlots: new Semaphore(SPARE_SLOTS),
    originOverride: null,
  });
  const lifetime = new AbortController();
  const source = new ExchangeSource({
    requests,
    clock,
    rotationMode: "background",
    periodMs,
    sweepMs: periodMs / 2,
    deadline: true,
    lifetime: lifetime.signal,
  });
  return { clock, client, requests, source, lifetime, globalSlots };
}

describe("an exchange with one request per instrument", () => {
  test.each([100, 200, 300])(
    "is read completely in every cycle at %p ms, within its pace, alongside its marks",
    async (latencyMs) => {
      const { facts } = EXCHANGES.cryptocom;
      const { clock, client, source, lifetime } = farExchange(facts, latencyMs);
      const keys = keysOf(INSTRUMENTS);
      let marks = 0;
      for (let cycle = 0; cycle < 6; cycle += 1) {
        const startedMs = clock.nowMs();
        const end = new AbortController();
        const { source: of, notes } = source.cycle(end.signal);
        const requests = Promise.all([
          of.sweep("rates", keys, loadOne),
          of.rotation("marks", keys, 2 * PERIOD_MS, loadOne),
        ]).catch((error: unknown) => String(error));
        await clock.advance(PERIOD_MS * 0.75);
        end.abort();
        const value = await requests;
        if (typeof value === "string") throw new Error(value);
        const [rates, known] = value;
        expect(notes.failures).toEqual([]);
        const renewed = [...rates.values()].filter((reply) => reply.receivedAtMs >= startedMs);
        expect(renewed).toHaveLength(INSTRUMENTS);
        marks = known.size;
        await clock.advance(PERIOD_MS * 0.25);
      }
      lifetime.abort();
      expect(marks).toBeGreaterThan(INSTRUMENTS * 0.5);
      expect(client.maxInFlight).toBeLessThanOrEqual(facts.sweepInFlight ?? 0);
      expect(maxStartsIn(client.startsMs, facts.pacing.perMs)).toBeLessThanOrEqual(
        facts.pacing.requests,
      );
    },
    LONG_MS,
  );

  test("states how many concurrent requests it allows, at most half of all; others have two", async () => {
    const swept: [ExchangeId, number | undefined][] = [];
    for (const { facts } of Object.values<Exchange>(EXCHANGES)) {
      expect([facts.id, facts.sweepInFlight !== undefined]).toEqual([
        facts.id,
        facts.requestsPerInstrument !== undefined,
      ]);
      if (facts.sweepInFlight !== undefined) swept.push([facts.id, facts.sweepInFlight]);
      expect(facts.sweepInFlight ?? 0).toBeLessThanOrEqual(GLOBAL_SLOTS / 2);
    }
    expect(swept.map(([id]) => id).toSorted()).toEqual(["cryptocom", "grvt", "poloniex"]);
    for (const [id, maxInFlight] of [
      ["cryptocom", 4],
      ["okx", 2],
    ] as const) {
      const { clock, client, requests, globalSlots } = farExchange(EXCHANGES[id].facts, 5_000);
      const http = requests.during(new AbortController().signal);
      const replies = Promise.all(keysOf(10).map((key) => loadOne(http, key)));
      await clock.advance(1_999);
      expect([client.inFlight, globalSlots.held]).toEqual([maxInFlight, maxInFlight]);
      // A request without a response for two seconds releases its global slot, not its own.
      await clock.advance(1);
      expect([client.inFlight, globalSlots.held]).toEqual([maxInFlight, 0]);
      await clock.advance(60_000);
      expect(await replies).toHaveLength(10);
      expect(client.maxInFlight).toBe(maxInFlight);
    }
  });

  test("never takes the last slots of the others, however many swept exchanges hang at once", async () => {
    const clock = new ManualClock();
    const client = new FarClient(clock, 10_000);
    const shared = {
      client,
      clock,
      globalSlots: new Semaphore(GLOBAL_SLOTS),
      sweepSlots: new Semaphore(SWEEP_SLOTS),
      spareSlots: new Semaphore(SPARE_SLOTS),
      originOverride: null,
    };
    const ask = (id: "cryptocom" | "grvt" | "poloniex" | "okx") => {
      const http = new ExchangeRequests(EXCHANGES[id].facts, shared).during(
        new AbortController().signal,
      );
      return keysOf(10).map((key) => loadOne(http, key));
    };
    const swept = (["cryptocom", "grvt", "poloniex"] as const).flatMap(ask);
    await clock.advance(1);
    expect([client.inFlight, shared.globalSlots.held]).toEqual([SWEEP_SLOTS, SWEEP_SLOTS]);
    const others = ask("okx");
    await clock.advance(1);
    expect(client.inFlight).toBe(SWEEP_SLOTS + 2);
    await clock.advance(10 * 60_000);
    expect(await Promise.all([...swept, ...others])).toHaveLength(40);
    expect([shared.globalSlots.held, shared.sweepSlots.held]).toEqual([0, 0]);
  });

  test("gives its rates priority: a rotation begins when they are no longer behind", async () => {
    const { clock, client, source, lifetime } = farExchange(EXCHANGES.grvt.facts, 500);
    const keys = keysOf(40);
    const { source: of } = source.cycle(new AbortController().signal);
    const marksAtMs: number[] = [];
    const rates = of.sweep("rates", keys, loadOne);
    await of.rotation("marks", keys, PERIOD_MS, (http, key) => {
      marksAtMs.push(clock.monotonicMs());
      return loadOne(http, key);
    });
    await clock.advance(20_000);
    expect((await rates).size).toBe(keys.length);
    lifetime.abort();
    // 40 keys in 4 lanes of half a second.
    expect(marksAtMs[0]).toBeGreaterThanOrEqual(4_500);
    expect(marksAtMs.length).toBeGreaterThan(10);
    expect(client.startsMs.filter((atMs) => atMs < 4_500)).toHaveLength(36);
  });
});

test.each([1_000, 15_000, 20_000, PERIOD_MS, 5 * PERIOD_MS])(
  "with a period of %p ms a sweep ends before its cycle is aborted, and keeps its good replies",
  async (periodMs) => {
    const clock = new ManualClock();
    const source = new ExchangeSource({
      requests: {
        during: (signal) => hangingFrom("K3", signal),
        inFlight: 2,
        timeoutMs: TIMEOUT_MS,
      },
      clock,
      rotationMode: "off",
      periodMs,
      sweepMs: periodMs / 2,
      deadline: true,
      lifetime: new AbortController().signal,
    });
    const fetched = fetchBatch(sweeping(10), source, {
      clock,
      periodMs,
      lifetime: new AbortController().signal,
      deadline: true,
    });
    await clock.advance(2 * periodMs + 2 * TIMEOUT_MS);
    expect(await fetched).toMatchObject({ kind: "batch", batch: { expected: 10 } });
  },
);

test("a period shorter than a response leaves it the time of the cycle", async () => {
  const periodMs = 1_000;
  const { clock, source } = farExchange(EXCHANGES.poloniex.facts, 8_000, periodMs);
  const lifetime = new AbortController().signal;
  const deps = { clock, periodMs, lifetime, deadline: true };
  const fetched = fetchBatch(sweeping(3), source, deps);
  await clock.advance(2 * TIMEOUT_MS);
  expect(await fetched).toMatchObject({ kind: "batch", notes: { failures: [] } });
});

/** Answers keys before `key` immediately, others never. */
function hangingFrom(key: string, signal: AbortSignal): ExchangeHttp {
  const get = <T>(path: string, decode: (body: unknown) => T): Promise<T> =>
    path.slice(1) < key
      ? Promise.resolve(decode(null))
      : new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new RequestFailure("timeout", "given up")));
        });
  return { get, postRead: (path, _body, decode) => get(path, decode) };
}

/** An exchange that sweeps its rates. */
function sweeping(count: number, load: typeof loadOne = loadOne): Exchange {
  return {
    facts: scriptedExchange("okx", () => batchOf([])).facts,
    async refresh(source) {
      const rates = await source.sweep("rates", keysOf(count), load);
      const quotes = [...rates.keys()].map((key) => quoteOf(key));
      return { ...batchOf(quotes, { expected: count }), explain: () => null };
    },
  };
}

describe("collect --once", () => {
  const once = async (full: boolean) => {
    const clock = new ManualClock();
    const slow = sweeping(100, async () => {
      await clock.sleep(1_000);
      return 1;
    });
    const results = collectOnce(
      [slow],
      { originOverride: null, full },
      { clock, random: () => 0, lifetime: new AbortController().signal },
    );
    await clock.advance(2 * PERIOD_MS);
    return (await results)[0];
  };

  test("keeps what a slow sweep reached before the deadline, and reports what is missing", async () => {
    const result = await once(false);
    expect(result).toMatchObject({ failure: null, expected: 100 });
    expect(result?.quotes).toHaveLength(66);
    expect(result?.degradedBy).toContain("34 have no reply");
    expect(result?.tookMs).toBeLessThan(45_000);
  });

  test("--full continues until everything is fetched", async () => {
    const result = await once(true);
    expect(result).toMatchObject({ failure: null, degradedBy: null });
    expect(result?.quotes).toHaveLength(100);
  });
});
