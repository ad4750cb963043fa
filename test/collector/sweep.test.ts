import { describe, expect, test } from "bun:test";
import { ExchangeSource } from "../../src/collector/source.ts";
import type { ExchangeHttp, Reply } from "../../src/exchanges/exchange.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SPREAD_MS = 30_000;
const KEYS = ["A", "B", "C", "D", "E", "F"];
const NO_HTTP = {} as ExchangeHttp;
const BROKEN = new RequestFailure("http", "HTTP 500");

type Answer = (key: string, cycle: AbortSignal) => Promise<string>;

/** A source whose sweeps are answered as the test says, on a clock that the test moves. */
function setUp(answer: { now: Answer }, spreadMs = SPREAD_MS) {
  const clock = new ManualClock();
  const asked: { key: string; atMs: number }[] = [];
  const source = new ExchangeSource({
    requests: { during: () => NO_HTTP },
    clock,
    rotationMode: "off",
    sweepMs: spreadMs,
    lifetime: new AbortController().signal,
  });
  /** One cycle, with `forMs` of virtual time for it. */
  const cycle = async (keys: readonly string[] = KEYS, forMs = 60_000) => {
    const end = new AbortController();
    const loadOne = (_http: ExchangeHttp, key: string): Promise<string> => {
      asked.push({ key, atMs: clock.monotonicMs() });
      return answer.now(key, end.signal);
    };
    const { source: of, notes } = source.cycle(end.signal);
    const sweep = of.sweep("rates", keys, loadOne).catch((error: unknown) => error);
    await clock.advance(forMs);
    end.abort();
    const value = await sweep;
    const known = value instanceof Map ? (value as ReadonlyMap<string, Reply<string>>) : null;
    return { known, error: known === null ? value : null, failures: notes.failures };
  };
  const keysSince = (from: number): string[] => asked.slice(from).map(({ key }) => key);
  return { clock, asked, cycle, keysSince };
}

const answering = (): { now: Answer } => ({ now: async (key) => `rate of ${key}` });

/** A request that is not answered until its cycle ends. */
function rejectedBy(signal: AbortSignal, reason: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new RequestFailure("timeout", reason)));
  });
}

describe("a sweep", () => {
  test("asks for each key once: at once when nothing is known, later spread over its time", async () => {
    const { asked, cycle, keysSince } = setUp(answering());
    const { known, failures } = await cycle();
    expect([...(known ?? [])].map(([key, { value }]) => [key, value])).toEqual(
      KEYS.map((key) => [key, `rate of ${key}`]),
    );
    expect(failures).toEqual([]);
    expect(new Set(asked.map(({ atMs }) => atMs))).toEqual(new Set([0]));
    await cycle();
    expect(keysSince(KEYS.length)).toEqual(KEYS);
    expect(asked.slice(KEYS.length).map(({ atMs }) => atMs - 60_000)).toEqual([
      0, 5_000, 10_000, 15_000, 20_000, 25_000,
    ]);
  });

  test("keeps the older reply of a key that fails, with its own time, and says so", async () => {
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

  test("that runs out of time keeps what it has and begins there the next time", async () => {
    const answer = answering();
    const { clock, asked, cycle, keysSince } = setUp(answer);
    await cycle();
    answer.now = async (key) => {
      await clock.sleep(20_000);
      return `late ${key}`;
    };
    const { known, failures } = await cycle();
    expect(failures).toEqual(["rates: timeout: 2 were not reached"]);
    expect(KEYS.map((key) => known?.get(key)?.value)).toEqual([
      "late A",
      "late B",
      "late C",
      "late D",
      "rate of E",
      "rate of F",
    ]);
    const before = asked.length;
    answer.now = answering().now;
    await cycle();
    expect(keysSince(before)).toEqual(["E", "F", "A", "B", "C", "D"]);
  });

  test("gives up after a few failures in a row, and fails when no key was answered", async () => {
    const answer = answering();
    const { asked, cycle } = setUp(answer);
    await cycle();
    answer.now = () => Promise.reject(BROKEN);
    const before = asked.length;
    expect((await cycle()).error).toBe(BROKEN);
    expect(asked.length - before).toBeLessThanOrEqual(4);
    answer.now = answering().now;
    const { known, failures } = await cycle();
    expect([known?.size, failures]).toEqual([KEYS.length, []]);
  });

  test("stops at once when the exchange asks for quiet, and fails the refresh", async () => {
    const answer = answering();
    const { asked, cycle } = setUp(answer);
    const limited = new RequestFailure("rate_limited", "HTTP 429", { retryAfterMs: 120_000 });
    answer.now = (key) => (key === "B" ? Promise.reject(limited) : Promise.resolve(key));
    expect((await cycle()).error).toBe(limited);
    expect(asked.length).toBeLessThanOrEqual(3);
  });

  test("that hangs in the middle ends with its cycle and keeps what came before", async () => {
    const answer = answering();
    const { cycle } = setUp(answer);
    await cycle();
    answer.now = (key, signal) =>
      key < "C" ? Promise.resolve(`new ${key}`) : rejectedBy(signal, "the cycle is over");
    const { known, failures } = await cycle();
    expect(KEYS.map((key) => known?.get(key)?.value)).toEqual([
      "new A",
      "new B",
      "rate of C",
      "rate of D",
      "rate of E",
      "rate of F",
    ]);
    expect(failures).toEqual(["rates: timeout: the cycle is over"]);
  });

  test("forgets keys that are asked for no more, and never mixes two lists of keys", async () => {
    const { cycle } = setUp(answering());
    await cycle();
    const { known } = await cycle(["B", "X"]);
    expect([...(known?.keys() ?? [])].toSorted()).toEqual(["B", "X"]);
  });
});
