import { describe, expect, test } from "bun:test";
import { ExchangeSource } from "../../src/collector/source.ts";
import type { ExchangeHttp } from "../../src/exchanges/exchange.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { ManualClock } from "../support/manual-clock.ts";

const PERIOD_MS = 60_000;
const KEYS = ["A", "B", "C", "D", "E", "F"];
const NO_HTTP = {} as ExchangeHttp;

/** A swept exchange; returns which of `KEYS` a cycle does not know, and what it may hide of some others. */
function setUp() {
  const clock = new ManualClock();
  const from = new ExchangeSource({
    requests: { during: () => NO_HTTP, inFlight: 2, timeoutMs: 10_000 },
    clock,
    rotationMode: "off",
    periodMs: PERIOD_MS,
    sweepMs: 0,
    deadline: true,
    lifetime: new AbortController().signal,
  });
  return async (answer: (key: string) => Promise<string>) => {
    const end = new AbortController();
    const { source, notes } = from.cycle(end.signal);
    const swept = source.sweep("rates", KEYS, (_http, key) => answer(key));
    await clock.advance(PERIOD_MS);
    await swept;
    end.abort();
    const hidden = [...KEYS, "X", "toString"].filter((symbol) => notes.mayHide(symbol));
    return { unanswered: [...notes.unanswered], hidden };
  };
}

const nothing = { unanswered: [], hidden: [] };
const answered = (key: string): Promise<string> => Promise.resolve(key);
const failing = (key: string): Promise<string> =>
  key === "C" ? Promise.reject(new RequestFailure("http", "no", { status: 500 })) : answered(key);

describe("what a sweep excuses", () => {
  test("is nothing if all keys were answered", async () => {
    expect(await setUp()(answered)).toEqual(nothing);
  });

  test("is only the key that failed", async () => {
    expect(await setUp()(failing)).toEqual({ unanswered: ["C"], hidden: ["C"] });
  });

  test("is not a key whose older reply is still valid, but is once that has expired", async () => {
    const cycle = setUp();
    await cycle(answered);
    for (let nth = 0; nth < 4; nth += 1) expect(await cycle(failing)).toEqual(nothing);
    await cycle(failing);
    expect(await cycle(failing)).toEqual({ unanswered: ["C"], hidden: ["C"] });
    expect(await cycle(answered)).toEqual(nothing);
  });

  test("are the keys that it did not reach before it stopped, as after a start", async () => {
    const cycle = setUp();
    let requests = 0;
    const ill = (key: string): Promise<string> => {
      requests += 1;
      return requests <= 2
        ? answered(key)
        : Promise.reject(new RequestFailure("http", "no", { status: 503 }));
    };
    const rest = ["C", "D", "E", "F"];
    expect(await cycle(ill)).toEqual({ unanswered: rest, hidden: rest });
    expect(await cycle(answered)).toEqual(nothing);
  });
});

test("what a request covers is excused while it fails, by name, and nothing else is", async () => {
  const clock = new ManualClock();
  const from = new ExchangeSource({
    requests: { during: () => NO_HTTP, inFlight: 2, timeoutMs: 10_000 },
    clock,
    rotationMode: "off",
    periodMs: PERIOD_MS,
    sweepMs: 0,
    deadline: true,
    lifetime: new AbortController().signal,
  });
  const symbols = ["BTCUSD", "BTCUSDT"];
  const hiddenWhile = async (load: () => Promise<number>): Promise<readonly string[]> => {
    const { source, notes } = from.cycle(new AbortController().signal);
    await source.secondary("volume", () => Promise.reject(new RequestFailure("network", "no")));
    await source.secondary("global", load, 0, (symbol) => symbol.endsWith("USDT"));
    return symbols.filter((symbol) => notes.mayHide(symbol));
  };
  const fails = (): Promise<number> => Promise.reject(new RequestFailure("http", "no"));
  expect(await hiddenWhile(fails)).toEqual(["BTCUSDT"]);
  expect(await hiddenWhile(() => Promise.resolve(1))).toEqual([]);
});
