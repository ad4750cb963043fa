import { expect, test } from "bun:test";
import { ExchangeSource } from "../../src/collector/source.ts";
import type { RotationMode } from "../../src/collector/rotation.ts";
import type { ExchangeHttp } from "../../src/exchanges/exchange.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MINUTE_MS = 60_000;
const KEYS = Array.from({ length: 200 }, (_, nth) => `K${nth}`);
const NO_HTTP = {} as ExchangeHttp;
const FORBIDDEN = new RequestFailure("http", "HTTP 403", { status: 403 });

/** How many keys a rotation requests in ten refreshes, one a minute, with those refused that `isRefused` selects. */
async function requestsIn(
  mode: RotationMode,
  isRefused: (key: string) => boolean,
): Promise<number> {
  const clock = new ManualClock();
  const lifetime = new AbortController();
  const from = new ExchangeSource({
    requests: { during: () => NO_HTTP, inFlight: 2, timeoutMs: 10_000 },
    clock,
    rotationMode: mode,
    periodMs: MINUTE_MS,
    sweepMs: 0,
    deadline: true,
    lifetime: lifetime.signal,
  });
  let requests = 0;
  for (let minute = 0; minute < 10; minute += 1) {
    const { source } = from.cycle(lifetime.signal);
    await source.rotation("marks", KEYS, 2 * MINUTE_MS, async (_http, key) => {
      requests += 1;
      if (isRefused(key)) throw FORBIDDEN;
      return key;
    });
    await clock.advance(MINUTE_MS);
  }
  lifetime.abort();
  return requests;
}

test("a rotation that is refused everything requests three keys a minute, not all", async () => {
  expect(await requestsIn("background", () => true)).toBeLessThanOrEqual(40);
  expect(await requestsIn("whole", () => true)).toBeLessThanOrEqual(40);
});

test("a rotation with single refused keys continues", async () => {
  const isOdd = (key: string): boolean => key.endsWith("7") || key.endsWith("8");
  expect(await requestsIn("background", isOdd)).toBeGreaterThan(900);
  expect(await requestsIn("whole", isOdd)).toBe(2_000);
});
