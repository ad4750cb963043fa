import { describe, expect, test } from "bun:test";
import {
  ExchangeRequests,
  GLOBAL_SLOTS,
  type HttpShared,
  SPARE_SLOTS,
  SWEEP_SLOTS,
} from "../../src/collector/exchange-http.ts";
import { PERIOD_JITTER_SHARE } from "../../src/collector/loop.ts";
import { sparing } from "../../src/collector/runners.ts";
import type { ExchangeFacts } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { Semaphore } from "../../src/lib/semaphore.ts";
import { FarClient, maxStartsIn } from "../support/far-client.ts";
import { ManualClock } from "../support/manual-clock.ts";

const PERIOD_MS = 60_000;
const LATENCY_MS = 150;
const REFRESHES = 12;

/** An exchange that is refreshed every minute, a little earlier or later each time. */
function refreshed(facts: ExchangeFacts) {
  const clock = new ManualClock();
  const client = new FarClient(clock, LATENCY_MS);
  const requests = new ExchangeRequests(facts, {
    client,
    clock,
    globalSlots: new Semaphore(GLOBAL_SLOTS),
    sweepSlots: new Semaphore(SWEEP_SLOTS),
    spareSlots: new Semaphore(SPARE_SLOTS),
    originOverride: "http://far",
  });
  const lifetime = new AbortController();
  const begunMs: number[] = [];
  const tookMs: number[] = [];
  const refreshForever = async (): Promise<void> => {
    for (let refresh = 0; refresh < REFRESHES; refresh += 1) {
      const startedMs = clock.monotonicMs();
      begunMs.push(startedMs);
      requests.spareTime.refreshBegins();
      const http = requests.during(lifetime.signal);
      const count = facts.requestsPerRefresh + (facts.requestsPerInstrument ?? 0) * 40;
      const one = (_: unknown, n: number) => http.get(`/rates/${n}`, () => n);
      await Promise.all(Array.from({ length: count }, one));
      const spentMs = clock.monotonicMs() - startedMs;
      tookMs.push(spentMs);
      const pauseMs = PERIOD_MS - spentMs;
      requests.spareTime.refreshAccepted(clock.monotonicMs() + pauseMs * (1 - PERIOD_JITTER_SHARE));
      const share = ((refresh % 5) / 4) * 2 - 1;
      await clock.sleep(pauseMs * (1 + share * PERIOD_JITTER_SHARE), lifetime.signal);
    }
  };
  return { clock, client, requests, lifetime, begunMs, tookMs, refreshForever };
}

type Refreshed = ReturnType<typeof refreshed>;

/** A reader of histories that always has work. */
async function readForever({ requests, lifetime }: Refreshed, facts: ExchangeFacts): Promise<void> {
  const http = requests.whenSpare(lifetime.signal, {
    pacing: facts.pacing,
    maxRows: 100,
    rank: () => 0,
  });
  while (!lifetime.signal.aborted) await http.get("/history", () => 1).catch(() => {});
}

async function run(facts: ExchangeFacts, readers: number) {
  const exchange = refreshed(facts);
  const { clock, client, lifetime } = exchange;
  void exchange.refreshForever();
  for (let reader = 0; reader < readers; reader += 1) void readForever(exchange, facts);
  await clock.advance(REFRESHES * PERIOD_MS);
  lifetime.abort();
  await clock.advance(1);
  const isHistory = (_: number, index: number) => client.urls[index]?.endsWith("/history") === true;
  return {
    begunMs: exchange.begunMs,
    tookMs: exchange.tookMs,
    startsMs: client.startsMs,
    historyMs: client.startsMs.filter(isHistory),
  };
}

/** What all exchanges share. */
function sharedBy(client: FarClient, clock: ManualClock, spareSlots: number): HttpShared {
  return {
    client,
    clock,
    globalSlots: new Semaphore(GLOBAL_SLOTS),
    sweepSlots: new Semaphore(SWEEP_SLOTS),
    spareSlots: new Semaphore(spareSlots),
    originOverride: null,
  };
}

describe("requests in spare time that always have work", () => {
  const all = Object.values(EXCHANGES).map(({ facts }) => [facts.id, facts] as const);
  test.each(all)(
    "delay no refresh of %s, fit its limit and use half of it at most",
    async (_id, facts) => {
      const { requests, perMs } = facts.pacing;
      const alone = await run(facts, 0);
      const shared = await run(facts, 2);
      expect(shared.tookMs).toEqual(alone.tookMs);
      expect(shared.begunMs).toEqual(alone.begunMs);
      expect(maxStartsIn(shared.startsMs, perMs)).toBeLessThanOrEqual(requests);
      const halfWindowMs = requests === 1 ? 2 * perMs : perMs;
      const half = Math.max(1, Math.floor(requests / 2));
      expect(maxStartsIn(shared.historyMs, halfWindowMs)).toBeLessThanOrEqual(half);
      // A third of what half the limit permits, and three a minute where that is less.
      const minutes = (REFRESHES * PERIOD_MS) / 60_000;
      const permitted = (REFRESHES * PERIOD_MS * half) / halfWindowMs;
      expect(shared.historyMs.length).toBeGreaterThan(Math.min(permitted / 3, 60 * minutes));
    },
  );

  test("know when the next refresh begins: by its pause, shortened by its jitter and its waiting", async () => {
    const clock = new ManualClock();
    const dueMs: number[] = [];
    const spareTime = {
      refreshBegins: () => dueMs.push(Number.NaN),
      refreshAccepted: (atMs: number) => dueMs.push(atMs),
    };
    const outcome = { kind: "accepted", rows: 1, degradedBy: null, detail: null } as const;
    const cycle = { outcome, tookMs: 0, rejects: {}, newKinds: [], pauseMs: 50_000, waitedMs: 0.5 };
    const runner = sparing({ id: "okx", cycle: () => Promise.resolve(cycle) }, spareTime, clock);
    await runner.cycle();
    await clock.advance(1_000);
    await runner.cycle();
    // The loop shortens the first pause by an unknown part.
    expect(dueMs).toEqual([Number.NaN, 0, Number.NaN, 1_000 + 47_500 - 0.5]);
  });

  test("of several exchanges are sent by their rank", async () => {
    const clock = new ManualClock();
    const client = new FarClient(clock, 100);
    const shared = sharedBy(client, clock, 1);
    const lifetime = new AbortController();
    const ranked = [
      [EXCHANGES.okx, 40],
      [EXCHANGES.bybit, 7],
      [EXCHANGES.gate, 0],
      [EXCHANGES.binance, 7],
    ] as const;
    for (const [{ facts }, rank] of ranked) {
      const requests = new ExchangeRequests(facts, shared);
      requests.spareTime.refreshAccepted(Number.POSITIVE_INFINITY);
      const spare = { pacing: facts.pacing, maxRows: 100, rank: () => rank };
      void requests.whenSpare(lifetime.signal, spare).get(`/of/${facts.id}`, () => 1);
    }
    await clock.advance(1_000);
    const sent = client.urls.map((url) => url.split("/").at(-1));
    expect(sent).toEqual(["okx", "gate", "bybit", "binance"]);
    lifetime.abort();
  });

  test("wait while a refresh fails, and until one is accepted", async () => {
    const { facts } = EXCHANGES.okx;
    const exchange = refreshed(facts);
    void readForever(exchange, facts);
    await exchange.clock.advance(5 * PERIOD_MS);
    expect(exchange.client.urls).toEqual([]);
    exchange.requests.spareTime.refreshAccepted(Number.POSITIVE_INFINITY);
    await exchange.clock.advance(1_000);
    expect(exchange.client.urls.length).toBeGreaterThan(0);
    exchange.requests.spareTime.refreshBegins();
    await exchange.clock.advance(1_000);
    const sent = exchange.client.urls.length;
    await exchange.clock.advance(5 * PERIOD_MS);
    expect(exchange.client.urls).toHaveLength(sent);
    exchange.lifetime.abort();
  });

  test("are a few at a time over all exchanges, and leave every other slot free", async () => {
    const clock = new ManualClock();
    const client = new FarClient(clock, 5 * PERIOD_MS);
    const shared = sharedBy(client, clock, SPARE_SLOTS);
    const lifetime = new AbortController();
    const exchanges = Object.values(EXCHANGES).map(({ facts }) => {
      const requests = new ExchangeRequests(facts, shared);
      requests.spareTime.refreshAccepted(Number.POSITIVE_INFINITY);
      return { facts, requests };
    });
    for (const { facts, requests } of exchanges)
      void requests
        .whenSpare(lifetime.signal, { pacing: facts.pacing, maxRows: 100, rank: () => 0 })
        .get("/history", () => 1)
        .catch(() => {});
    await clock.advance(1_000);
    expect(client.inFlight).toBe(SPARE_SLOTS);
    expect([shared.globalSlots.held, shared.sweepSlots.held]).toEqual([0, 0]);
    // A host that does not answer holds its slot for two seconds only.
    await clock.advance(2_000);
    expect(client.inFlight).toBe(2 * SPARE_SLOTS);
    lifetime.abort();
  });
});
