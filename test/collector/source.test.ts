import { describe, expect, test } from "bun:test";
import {
  ExchangeSource,
  INTERVALS_SERVE_MS,
  INSTRUMENTS_SERVE_MS,
} from "../../src/collector/source.ts";
import type { RotationMode } from "../../src/collector/rotation.ts";
import type { ExchangeHttp, Load, Source } from "../../src/exchanges/exchange.ts";
import { ownFailure, RequestFailure } from "../../src/lib/request-failure.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NO_HTTP = {} as ExchangeHttp;

function setUp(rotationMode: RotationMode = "background", sweepMs = 0) {
  const clock = new ManualClock();
  const lifetime = new AbortController();
  const source = new ExchangeSource({
    requests: { during: () => NO_HTTP, inFlight: 2, timeoutMs: 10_000 },
    clock,
    rotationMode,
    periodMs: MINUTE_MS,
    sweepMs,
    deadline: true,
    lifetime: lifetime.signal,
  });
  /** Runs `ask` as one cycle and returns its result and notes. */
  const cycle = async <T>(ask: (source: Source) => Promise<T>) => {
    const { source: of, notes } = source.cycle(new AbortController().signal);
    const value = await ask(of).catch((error: unknown) => error);
    return { value, failures: notes.failures };
  };
  return { clock, lifetime, cycle };
}

/** A load that succeeds or fails as configured, and counts calls. */
function scripted(): { load: Load<number>; fail: RequestFailure | null; requested: number } {
  const script = {
    fail: null as RequestFailure | null,
    requested: 0,
    load: async () => {
      script.requested += 1;
      if (script.fail !== null) throw script.fail;
      return script.requested;
    },
  };
  return script;
}

const BROKEN = ownFailure("http", "HTTP 500");

describe("an instrument list", () => {
  test("is requested once per period and keeps its time", async () => {
    const { clock, cycle } = setUp();
    const list = scripted();
    const ask = (source: Source) => source.instruments("list", 30 * MINUTE_MS, list.load);
    const first = await cycle(ask);
    await clock.advance(29 * MINUTE_MS);
    expect((await cycle(ask)).value).toEqual(first.value);
    await clock.advance(MINUTE_MS);
    expect((await cycle(ask)).value).toEqual({ value: 2, receivedAtMs: clock.nowMs() });
    expect(list.requested).toBe(2);
  });

  test("is used for 24 h while requests fail, reports each failure, then fails the refresh", async () => {
    const { clock, cycle } = setUp();
    const list = scripted();
    const ask = (source: Source) => source.instruments("list", MINUTE_MS, list.load);
    await cycle(ask);
    list.fail = BROKEN;
    await clock.advance(INSTRUMENTS_SERVE_MS - 1);
    expect(await cycle(ask)).toMatchObject({
      value: { value: 1 },
      failures: ["list: http: HTTP 500"],
    });
    await clock.advance(1);
    expect((await cycle(ask)).value).toBe(BROKEN);
    list.fail = null;
    expect((await cycle(ask)).failures).toEqual([]);
  });

  test("that was never received fails the refresh", async () => {
    const { cycle } = setUp();
    const list = scripted();
    list.fail = BROKEN;
    expect((await cycle((source) => source.instruments("list", MINUTE_MS, list.load))).value).toBe(
      BROKEN,
    );
  });
});

test("an interval list is used for 30 minutes while requests fail, then intervals are unknown rather than wrong", async () => {
  const { clock, cycle } = setUp();
  const intervals = scripted();
  const ask = (source: Source) => source.intervals("intervals", 5 * MINUTE_MS, intervals.load);
  await cycle(ask);
  intervals.fail = BROKEN;
  await clock.advance(INTERVALS_SERVE_MS - 1);
  expect(await cycle(ask)).toMatchObject({ value: { value: 1 } });
  await clock.advance(1);
  expect(await cycle(ask)).toEqual({ value: null, failures: ["intervals: http: HTTP 500"] });
});

describe("a secondary request", () => {
  test("that fails is null and reported; the refresh continues", async () => {
    const { cycle } = setUp();
    const volume = scripted();
    volume.fail = BROKEN;
    expect(await cycle((source) => source.secondary("volume", volume.load))).toEqual({
      value: null,
      failures: ["volume: http: HTTP 500"],
    });
  });

  test("is skipped while the exchange asks us to wait", async () => {
    const { clock, cycle } = setUp();
    const volume = scripted();
    const ask = (source: Source) => source.secondary("volume", volume.load);
    volume.fail = new RequestFailure("rate_limited", "HTTP 429", { retryAfterMs: 90_000 });
    await cycle(ask);
    volume.fail = null;
    await clock.advance(89_999);
    expect((await cycle(ask)).value).toBeNull();
    expect(volume.requested).toBe(1);
    await clock.advance(1);
    expect((await cycle(ask)).value).toMatchObject({ value: 2 });
  });

  test("refused by a firewall is retried after 2, 4, 8, 16, 30 and 30 minutes, and is missing throughout", async () => {
    const { clock, cycle } = setUp();
    const volume = scripted();
    const interest = scripted();
    const ask = async (source: Source) => [
      await source.secondary("volume", volume.load),
      await source.secondary("interest", interest.load),
    ];
    volume.fail = new RequestFailure("banned", "HTTP 403", { status: 403 });
    const requestedAtMinutes: number[] = [];
    for (let minute = 0; minute <= 90; minute += 1) {
      const { requested } = volume;
      expect(await cycle(ask)).toMatchObject({
        value: [null, { value: minute + 1 }],
        failures: [expect.stringMatching(/^volume: banned: /)],
      });
      if (volume.requested > requested) requestedAtMinutes.push(minute);
      await clock.advance(MINUTE_MS);
    }
    expect(requestedAtMinutes).toEqual([0, 2, 6, 14, 30, 60, 90]);
    volume.fail = null;
    await clock.advance(30 * MINUTE_MS);
    expect((await cycle(ask)).failures).toEqual([]);
    volume.fail = new RequestFailure("banned", "HTTP 403", { status: 403 });
    await cycle(ask);
    const { requested } = volume;
    await clock.advance(2 * MINUTE_MS);
    await cycle(ask);
    expect(volume.requested).toBe(requested + 1);
  });

  test("refused by a firewall for a stated time pauses the whole exchange", async () => {
    const { cycle } = setUp();
    const [volume, interest] = [scripted(), scripted()];
    volume.fail = new RequestFailure("banned", "HTTP 403", { status: 403, retryAfterMs: 5_000 });
    await cycle((source) => source.secondary("volume", volume.load));
    await cycle((source) => source.secondary("interest", interest.load));
    expect(interest.requested).toBe(0);
  });

  test("misread by the adapter is a defect and throws", async () => {
    const { cycle } = setUp();
    const result = await cycle((source) =>
      source.secondary("volume", () =>
        Promise.reject(new TypeError("undefined is not a function")),
      ),
    );
    expect(result.value).toBeInstanceOf(TypeError);
  });
});

describe("a rotation", () => {
  const KEYS = ["A", "B", "C", "D"];
  const ROTATION_MS = 4 * MINUTE_MS;

  function requesting(requested: string[], fail: () => RequestFailure | null = () => null) {
    return (source: Source) =>
      source.rotation("interest", KEYS, ROTATION_MS, async (_http, key) => {
        requested.push(key);
        const failure = fail();
        if (failure !== null) throw failure;
        return key.toLowerCase();
      });
  }

  /** The first round takes a fifth of a rotation. */
  const FIRST_ROUND_MS = ROTATION_MS / 5;

  test("returns immediately what is known and requests one key after the other, evenly", async () => {
    const { clock, cycle } = setUp();
    const requested: string[] = [];
    const ask = requesting(requested);
    expect(((await cycle(ask)).value as Map<string, unknown>).size).toBeLessThanOrEqual(1);
    await clock.advance(FIRST_ROUND_MS - 1);
    expect(requested).toEqual(KEYS);
    await clock.advance(1);
    for (let minute = 0; minute < 3; minute += 1) {
      expect(requested).toHaveLength(KEYS.length + 1 + minute);
      await clock.advance(MINUTE_MS);
      await cycle(ask);
    }
    expect(requested).toEqual([...KEYS, ...KEYS]);
    const known = (await cycle(ask)).value as Map<string, { value: string; receivedAtMs: number }>;
    expect([...known.keys()].toSorted()).toEqual(KEYS);
    expect(known.get("B")).toEqual({ value: "b", receivedAtMs: clock.nowMs() - 2 * MINUTE_MS });
  });

  test("a value expires after two rotations without a newer one", async () => {
    const { clock, cycle } = setUp();
    let broken = false;
    const ask = requesting([], () => (broken ? BROKEN : null));
    await cycle(ask);
    broken = true;
    for (let minute = 0; minute < 8; minute += 1) {
      await clock.advance(MINUTE_MS);
      expect(((await cycle(ask)).value as Map<string, unknown>).has("A")).toBe(true);
    }
    await clock.advance(MINUTE_MS);
    expect(((await cycle(ask)).value as Map<string, unknown>).has("A")).toBe(false);
  });

  test("waits as long as the exchange asks, and reports the failure once", async () => {
    const { clock, cycle } = setUp();
    const requested: string[] = [];
    const limited = ownFailure("rate_limited", "HTTP 429", { retryAfterMs: 10 * MINUTE_MS });
    const ask = requesting(requested, () => (requested.length === 1 ? limited : null));
    await cycle(ask);
    await clock.advance(MINUTE_MS);
    expect((await cycle(ask)).failures).toEqual(["interest: rate_limited: HTTP 429"]);
    expect((await cycle(ask)).failures).toEqual([]);
    for (let minute = 1; minute < 10; minute += 1) {
      expect(requested).toEqual(["A"]);
      await clock.advance(MINUTE_MS);
      await cycle(ask);
    }
    expect(requested).toEqual(["A", "B"]);
  });

  test("an absurd wait is trusted for ten minutes: one answer does not remove quantities for days", async () => {
    const { clock, cycle } = setUp();
    const requested: string[] = [];
    const limited = ownFailure("rate_limited", "HTTP 429", {
      retryAfterMs: 3 * 24 * 60 * MINUTE_MS,
    });
    const ask = requesting(requested, () => (requested.length === 1 ? limited : null));
    for (let minute = 0; minute < 11; minute += 1) {
      await cycle(ask);
      await clock.advance(MINUTE_MS);
    }
    expect(requested.length).toBeGreaterThan(1);
  });

  test("honours a wait stated to the refresh, and a whole rotation stops at a ban", async () => {
    const { clock, cycle } = setUp();
    const requested: string[] = [];
    const blocked = scripted();
    blocked.fail = new RequestFailure("geo_blocked", "HTTP 451", { retryAfterMs: 5 * MINUTE_MS });
    await cycle(requesting(requested));
    await cycle((source) => source.essential("rates", blocked.load));
    for (let minute = 0; minute < 4; minute += 1) {
      await clock.advance(MINUTE_MS);
      await cycle(requesting(requested));
    }
    expect(requested).toEqual(["A"]);
    await clock.advance(2 * MINUTE_MS);
    expect(requested.length).toBeGreaterThan(1);

    const whole = setUp("whole");
    const banned: string[] = [];
    const ban = new RequestFailure("banned", "HTTP 418", { retryAfterMs: 10 * MINUTE_MS });
    await whole.cycle(requesting(banned, () => ban));
    expect(banned).toEqual(["A"]);
  });

  test("refused by a firewall is paused, and its values are missing until it succeeds", async () => {
    const { clock, cycle } = setUp();
    const requested: string[] = [];
    const forbidden = new RequestFailure("banned", "HTTP 403", { status: 403 });
    const ask = requesting(requested, () => (requested.length < 2 ? forbidden : null));
    await cycle(ask);
    for (const failures of [1, 1, 0]) {
      expect(requested).toHaveLength(failures === 0 ? 2 : 1);
      expect((await cycle(ask)).failures).toHaveLength(failures);
      await clock.advance(MINUTE_MS);
    }
  });

  test("pauses when its values are no longer requested, and ends with the collector", async () => {
    const { clock, cycle, lifetime } = setUp();
    const requested: string[] = [];
    await cycle(requesting(requested));
    await clock.advance(60 * MINUTE_MS);
    const idle = requested.length;
    expect(idle).toBeLessThanOrEqual(KEYS.length + 3);
    await cycle(requesting(requested));
    lifetime.abort();
    await clock.advance(HOUR_MS);
    expect(requested.length).toBe(idle + 1);
    expect(clock.sleeping).toBe(0);
  });

  test("whole: requests every key before it returns; off: none", async () => {
    const whole = setUp("whole");
    const requested: string[] = [];
    expect(((await whole.cycle(requesting(requested))).value as Map<string, unknown>).size).toBe(4);
    const off = setUp("off");
    const none: string[] = [];
    expect(((await off.cycle(requesting(none))).value as Map<string, unknown>).size).toBe(0);
    expect([requested.length, none.length]).toEqual([4, 0]);
  });
});
