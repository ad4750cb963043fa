import type { ExchangeStateRepository } from "../db/market/exchange-state-repository.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Exchange, ExchangeFacts } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import { ExchangeRequests, type HttpShared } from "./exchange-http.ts";
import { ExchangeRunner, type RunDeps } from "./exchange-runner.ts";
import { PERIOD_JITTER_SHARE, type Runner } from "./loop.ts";
import { storedRetryDelay } from "./retry-delay.ts";
import { ExchangeSource } from "./source.ts";
import type { SpareTime } from "./spare-time.ts";
import { StaleFeedDetector } from "./stale-feed-detector.ts";

/** Requests for single instruments are spread over this share of a period; the rest is left for late responses. */
const SWEEP_SHARE = 0.5;

/** Instruments assumed for a swept exchange that was never refreshed: more than any of them has. */
const ASSUMED_INSTRUMENTS = 500;
/** An assumed count must not lengthen the period beyond a usual one, which fits the largest swept exchange. */
const ASSUMED_PERIOD_MS = 60_000;

/**
 * The configured period, or the shortest that the exchange's rate limit permits for a whole refresh. Requests for
 * single instruments get a share of the period; `known` is their number at the last refresh (0: none yet).
 */
export function periodOf(facts: ExchangeFacts, periodMs: number, known: number): number {
  const { requestsPerRefresh, requestsPerInstrument, pacing } = facts;
  const minMs = (requests: number): number =>
    Math.ceil((requests / pacing.requests) * pacing.perMs);
  if (requestsPerInstrument === undefined) return Math.max(periodMs, minMs(requestsPerRefresh));
  const instruments = known > 0 ? known : ASSUMED_INSTRUMENTS;
  const requests = requestsPerRefresh + requestsPerInstrument * instruments;
  const sweptMs = Math.ceil(minMs(requests) / SWEEP_SHARE);
  return Math.max(periodMs, known > 0 ? sweptMs : Math.min(sweptMs, ASSUMED_PERIOD_MS));
}

export interface RunnersDeps extends Pick<
  RunDeps,
  "epoch" | "explainer" | "onAccepted" | "lifetime" | "clock"
> {
  readonly store: RunDeps["store"] & { readonly states: ExchangeStateRepository };
  readonly shared: HttpShared;
  /** See HistorySettings. */
  readonly paceFactor: number;
}

/** One exchange that is collected: its cycles, and its requests for whatever else is to be read from it. */
export interface CollectedExchange {
  readonly exchange: Exchange;
  readonly runner: Runner;
  readonly requests: ExchangeRequests;
  readonly periodMs: number;
}

/** Those of `exchanges` that have a period, in ms. */
export function makeRunners(
  exchanges: readonly Exchange[],
  periods: ReadonlyMap<ExchangeId, number>,
  deps: RunnersDeps,
): CollectedExchange[] {
  const { shared, store, lifetime, clock, paceFactor } = deps;
  const stored = new Map(store.states.list().map((state) => [state.exchange, state]));
  return exchanges.flatMap((exchange) => {
    const { facts } = exchange;
    const periodMs = periods.get(facts.id);
    if (periodMs === undefined) return [];
    const paced = { ...facts, pacing: fasterPace(facts.pacing, paceFactor) };
    const requests = new ExchangeRequests(paced, shared, stored.get(facts.id)?.symbols ?? 0);
    const source = new ExchangeSource({
      requests,
      clock,
      rotationMode: "background",
      periodMs,
      sweepMs: periodMs * SWEEP_SHARE,
      deadline: true,
      lifetime,
    });
    const state = stored.get(facts.id);
    const parts = {
      source,
      staleFeeds: new StaleFeedDetector(),
      failuresInRow: state?.failuresInRow ?? 0,
      pause: state === undefined ? null : storedRetryDelay(state),
    };
    const runner = sparing(
      new ExchangeRunner(exchange, parts, { ...deps, periodMs }),
      requests.spareTime,
      clock,
    );
    return [{ exchange, runner, requests, periodMs }];
  });
}

/** So many times the requests in the same time. */
export function fasterPace(
  { requests, perMs }: ExchangeFacts["pacing"],
  factor: number,
): ExchangeFacts["pacing"] {
  return { requests: requests * factor, perMs };
}

/** A runner that says when its exchange has spare time. */
export function sparing(
  runner: Runner,
  spareTime: Pick<SpareTime, "refreshBegins" | "refreshAccepted">,
  clock: Clock,
): Runner {
  let isFirst = true;
  return {
    id: runner.id,
    async cycle() {
      spareTime.refreshBegins();
      const cycle = await runner.cycle();
      if (cycle?.outcome.kind === "accepted") {
        // The loop shortens the first pause by an unknown part, the others by little and by what the cycle waited.
        const earliestMs = cycle.pauseMs * (1 - PERIOD_JITTER_SHARE) - cycle.waitedMs;
        const pauseMs = isFirst ? 0 : Math.max(0, earliestMs);
        spareTime.refreshAccepted(clock.monotonicMs() + pauseMs);
      }
      isFirst = false;
      return cycle;
    },
  };
}
