import { describe, expect, test } from "bun:test";
import { ExchangeSource } from "../../src/collector/source.ts";
import type { ExchangeHttp, Reply } from "../../src/exchanges/exchange.ts";
import { ownFailure, RequestFailure } from "../../src/lib/request-failure.ts";
import { ManualClock } from "../support/manual-clock.ts";

const PERIOD_MS = 60_000;
const SPREAD_MS = 30_000;
const KEYS = ["A", "B", "C", "D", "E", "F"];
const NO_HTTP = {} as ExchangeHttp;
const BROKEN = ownFailure("http", "HTTP 500");

/** `signal` is the request's. */
type Answer = (key: string, signal: AbortSignal) => Promise<string>;

/** A source whose sweeps are answered by the test, on a clock controlled by the test. */
function setUp(answer: { now: Answer }, inFlight = 2) {
  const clock = new ManualClock();
  const requested: { key: string; atMs: number }[] = [];
  let signal = new AbortController().signal;
  const during = (ofRequests: AbortSignal): ExchangeHttp => {
    signal = ofRequests;
    return NO_HTTP;
  };
  const source = new ExchangeSource({
    requests: { during, inFlight, timeoutMs: 10_000 },
    clock,
    rotationMode: "off",
    periodMs: PERIOD_MS,
    sweepMs: SPREAD_MS,
    deadline: true,
    lifetime: new AbortController().signal,
  });
  /** One cycle, with `forMs` of virtual time for it. */
  const cycle = async (keys: readonly string[] = KEYS, forMs = PERIOD_MS, lateMs = 0) => {
    const end = new AbortController();
    const loadOne = (_http: ExchangeHttp, key: string): Promise<string> => {
      requested.push({ key, atMs: clock.monotonicMs() });
      return answer.now(key, signal);
    };
    const { source: of, notes } = source.cycle(end.signal);
    await clock.advance(lateMs);
    const sweep = of.sweep("rates", keys, loadOne).catch((error: unknown) => error);
    await clock.advance(forMs - lateMs);
    end.abort();
    const value = await sweep;
    const known = value instanceof Map ? (value as ReadonlyMap<string, Reply<string>>) : null;
    return { known, error: known === null ? value : null, failures: notes.failures };
  };
  const keysSince = (from: number): string[] => requested.slice(from).map(({ key }) => key);
  return { clock, requested, cycle, keysSince };
}

const answering = (): { now: Answer } => ({ now: async (key) => `rate of ${key}` });

/** A request without a response until it is aborted. */
function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new RequestFailure("timeout", "given up")));
  });
}

/** Responses that take `ms`, unless they are aborted before. */
function answeringIn(clock: ManualClock, ms: number): Answer {
  return (key, signal) =>
    Promise.race([clock.sleep(ms).then(() => `late ${key}`), rejectedBy(signal)]);
}

describe("a sweep", () => {
  test("requests each key once: immediately when nothing is known, later spread over its time", async () => {
    const { requested, cycle, keysSince } = setUp(answering());
    const { known, failures } = await cycle();
    expect([...(known ?? [])].map(([key, { value }]) => [key, value])).toEqual(
      KEYS.map((key) => [key, `rate of ${key}`]),
    );
    expect(failures).toEqual([]);
    expect(new Set(requested.map(({ atMs }) => atMs))).toEqual(new Set([0]));
    await cycle();
    expect(keysSince(KEYS.length)).toEqual(KEYS);
    expect(requested.slice(KEYS.length).map(({ atMs }) => atMs - 60_000)).toEqual([
      0, 5_000, 10_000, 15_000, 20_000, 25_000,
    ]);
  });

  test("keeps the older reply of a key that fails, with its own time, and reports it", async () => {
    const answer = answering();
    const { clock, cycle } = setUp(answer);
    await cycle();
    const firstMs = clock.nowMs() - 60_000;
    answer.now = (key) => (key === "C" ? Promise.reject(BROKEN) : Promise.resolve("new"));
    const { known, failures } = await cycle();
    expect(known?.get("C")).toEqual({ value: "rate of C", receivedAtMs: firstMs });
    expect(known?.get("D")?.value).toBe("new");
    expect(known?.get("D")?.receivedAtMs).toBeGreaterThan(firstMs);
    expect(failures).toEqual(["rates: http: HTTP 500"]);
  });

  test("that runs out of time keeps what it has and starts there the next time", async () => {
    const answer = answering();
    const { clock, requested, cycle, keysSince } = setUp(answer);
    await cycle();
    answer.now = answeringIn(clock, 15_000);
    const { known } = await cycle();
    expect(KEYS.map((key) => known?.get(key)?.value)).toEqual([
      "late A",
      "late B",
      "late C",
      "late D",
      "rate of E",
      "rate of F",
    ]);
    const before = requested.length;
    answer.now = answering().now;
    await cycle();
    expect(keysSince(before)).toEqual(["E", "F", "A", "B", "C", "D"]);
  });

  test("that never reaches all keys is healthy while each reply is younger than two periods, else it reports them", async () => {
    const answer = answering();
    const { clock, cycle } = setUp(answer);
    await cycle();
    answer.now = answeringIn(clock, 15_000);
    for (let round = 0; round < 6; round += 1) {
      const { known, failures } = await cycle();
      const oldest = Math.min(...[...(known?.values() ?? [])].map((reply) => reply.receivedAtMs));
      expect(failures).toEqual([]);
      expect(clock.nowMs() - oldest).toBeLessThanOrEqual(3 * PERIOD_MS);
    }
    const single = setUp(answer, 1);
    answer.now = answering().now;
    await single.cycle();
    answer.now = answeringIn(single.clock, 25_000);
    expect((await single.cycle()).failures).toEqual([]);
    expect((await single.cycle()).failures).toEqual([
      "rates: timeout: 4 have no reply of the last two periods",
    ]);
  });

  test("reports immediately that it has not reached keys without any reply", async () => {
    const answer = answering();
    const { clock, cycle } = setUp(answer);
    answer.now = answeringIn(clock, 15_000);
    const { known, failures } = await cycle();
    expect([...(known?.keys() ?? [])].toSorted()).toEqual(["A", "B", "C", "D"]);
    expect(failures).toEqual(["rates: timeout: 2 have no reply of the last two periods"]);
  });

  test("ends within its cycle, however late it began", async () => {
    const answer = answering();
    const { clock, requested, cycle } = setUp(answer);
    await cycle();
    const before = requested.length;
    // The list arrived late: 20 s of the cycle have passed.
    const { known } = await cycle(KEYS, PERIOD_MS, 20_000);
    expect(known?.size).toBe(KEYS.length);
    const startsMs = requested.slice(before).map(({ atMs }) => atMs - PERIOD_MS);
    expect(startsMs[0]).toBe(20_000);
    expect(startsMs.at(-1)).toBeLessThanOrEqual(32_000);
    expect(startsMs).toHaveLength(KEYS.length);
    expect(clock.sleeping).toBe(0);
  });

  test("a reply that is not renewed expires after five periods, and its key is reported as missing", async () => {
    const answer = answering();
    const { cycle } = setUp(answer);
    await cycle();
    const refused = ownFailure("bad_envelope", "code 7");
    answer.now = (key) => (key === "C" ? Promise.reject(refused) : Promise.resolve("new"));
    const has: (boolean | undefined)[] = [];
    for (let round = 1; round <= 6; round += 1) {
      const { known, failures } = await cycle();
      has.push(known?.has("C"));
      expect(failures).toEqual(["rates: bad_envelope: code 7"]);
    }
    expect(has).toEqual([true, true, true, true, false, false]);
  });

  test("gives up after a few consecutive failures, and fails if no key was answered", async () => {
    const answer = answering();
    const { requested, cycle } = setUp(answer);
    await cycle();
    answer.now = () => Promise.reject(BROKEN);
    const before = requested.length;
    expect((await cycle()).error).toBe(BROKEN);
    expect(requested.length - before).toBeLessThanOrEqual(4);
    answer.now = answering().now;
    const { known, failures } = await cycle();
    expect([known?.size, failures]).toEqual([KEYS.length, []]);
  });

  test.each([
    ["bad_envelope", null],
    ["http", 400],
  ] as const)("continues when single keys are refused: %s %p", async (kind, status) => {
    const refusal = new RequestFailure(kind, "no", { status });
    const answer = answering();
    const { requested, cycle } = setUp(answer);
    answer.now = (key) => (key < "E" ? Promise.reject(refusal) : Promise.resolve(key));
    const { known } = await cycle();
    expect(requested).toHaveLength(KEYS.length);
    expect([...(known?.keys() ?? [])]).toEqual(["E", "F"]);
  });

  test.each([
    ["http", 503],
    ["http", 401],
    ["http", 403],
    ["too_large", 200],
    ["network", null],
    ["timeout", null],
  ] as const)("does not continue when no request is answered: %s %p", async (kind, status) => {
    const failure = new RequestFailure(kind, "no", { status });
    const answer = answering();
    const { requested, cycle } = setUp(answer);
    answer.now = () => Promise.reject(failure);
    expect((await cycle()).error).toBe(failure);
    expect(requested.length).toBeLessThanOrEqual(4);
  });

  test("gives up after twenty keys that are all refused individually, and starts after them the next time", async () => {
    const keys = Array.from({ length: 60 }, (_, nth) => `K${nth}`);
    const unknown = new RequestFailure("http", "HTTP 404", { status: 404 });
    const answer = answering();
    const { requested, cycle, keysSince } = setUp(answer);
    answer.now = () => Promise.reject(unknown);
    expect((await cycle(keys)).error).toBe(unknown);
    const first = requested.length;
    expect(first).toBeGreaterThanOrEqual(20);
    expect(first).toBeLessThanOrEqual(22);
    answer.now = answering().now;
    const { known } = await cycle(keys);
    expect(keysSince(first)[0]).toBe(`K${first}`);
    expect(known?.size).toBe(keys.length);
  });

  test("sends nothing more after a rate limit, not even requests waiting for a slot", async () => {
    const answer = answering();
    const { requested, cycle } = setUp(answer, 4);
    await cycle();
    const before = requested.length;
    const limited = new RequestFailure("rate_limited", "HTTP 429");
    answer.now = () => Promise.reject(limited);
    expect((await cycle()).error).toBe(limited);
    expect(requested.length - before).toBe(1);
  });

  test("honours a rate limit even if another lane fails differently after it", async () => {
    const answer = answering();
    const { clock, cycle } = setUp(answer);
    const limited = new RequestFailure("rate_limited", "HTTP 429");
    answer.now = async (key) => {
      await clock.sleep(key === "A" ? 1_000 : 2_000);
      throw key === "A" ? limited : BROKEN;
    };
    expect((await cycle()).error).toBe(limited);
  });

  test("stops immediately when the exchange asks for a pause, and fails the refresh", async () => {
    const answer = answering();
    const { requested, cycle } = setUp(answer);
    const limited = new RequestFailure("rate_limited", "HTTP 429", { retryAfterMs: 120_000 });
    answer.now = (key) => (key === "B" ? Promise.reject(limited) : Promise.resolve(key));
    expect((await cycle()).error).toBe(limited);
    expect(requested.length).toBeLessThanOrEqual(3);
  });

  test("that hangs in the middle ends before its cycle does and keeps earlier replies", async () => {
    const answer = answering();
    const { clock, requested, cycle, keysSince } = setUp(answer);
    await cycle();
    answer.now = (key, signal) => (key < "C" ? Promise.resolve(`new ${key}`) : rejectedBy(signal));
    const { known } = await cycle(KEYS, 44_000);
    expect(KEYS.map((key) => known?.get(key)?.value)).toEqual([
      "new A",
      "new B",
      "rate of C",
      "rate of D",
      "rate of E",
      "rate of F",
    ]);
    expect(clock.sleeping).toBe(0);
    const before = requested.length;
    answer.now = answering().now;
    await cycle();
    expect(keysSince(before)[0]).toBe("C");
  });

  test("forgets keys that are no longer requested, and never mixes two lists of keys", async () => {
    const { cycle } = setUp(answering());
    await cycle();
    const { known } = await cycle(["B", "X"]);
    expect([...(known?.keys() ?? [])].toSorted()).toEqual(["B", "X"]);
  });
});
