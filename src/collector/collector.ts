import { EpochRepository, readHeartbeat } from "../db/epoch-repository.ts";
import { ExchangeStateRepository } from "../db/exchange-state-repository.ts";
import { MarketWriter } from "../db/market-writer.ts";
import { checkpoint, openDb, writeTransaction } from "../db/open.ts";
import { ReviewRepository } from "../db/review-repository.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Explanation } from "../domain/quote.ts";
import type { Exchange, ExchangeFacts } from "../exchanges/exchange.ts";
import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { HttpClient, type HttpLimits } from "../lib/http-client.ts";
import type { Log } from "../lib/log.ts";
import { Semaphore } from "../lib/semaphore.ts";
import { storedPause } from "./breaker.ts";
import { ExchangeRequests, GLOBAL_SLOTS, type HttpShared, SWEEP_SLOTS } from "./exchange-http.ts";
import { FreezeWatch } from "./freeze-watch.ts";
import { runLoop } from "./loop.ts";
import { MarketReview } from "./market-review.ts";
import {
  type CollectorSettings,
  type ExplainRequest,
  type FromWorker,
  HEARTBEAT_EVERY_MS,
} from "./protocol.ts";
import { ExchangeRunner } from "./run-exchange.ts";
import { ExchangeSource } from "./source.ts";
import { waitForLock } from "./standby.ts";

/** Requests of one instrument at a time are spread over this share of a period; the rest is for late answers. */
const SWEEP_SHARE = 0.5;

/** Instruments of a swept exchange that was never refreshed: more than any of them has. */
const ASSUMED_INSTRUMENTS = 500;
/** What is only assumed makes no period longer than a usual one, in which the largest swept exchange fits. */
const ASSUMED_PERIOD_MS = 60_000;

/** Of one request. The slowest bulk replies take two to three seconds. */
const EXCHANGE_HTTP_LIMITS: HttpLimits = {
  timeoutMs: 10_000,
  maxBodyBytes: 32 * 1024 * 1024,
};

/** How soon a new listing is known for what it is: soon while there is news, as at a start … */
const REVIEW_AGAIN_MS = 10_000;
/** … and else twice a minute: a review of 12,000 rows takes some 40 ms. */
const REVIEW_EVERY_MS = 30_000;
/** The first one comes when the first exchanges have answered. */
const FIRST_REVIEW_MS = 3_000;

export const USER_AGENT = "funding-finder/0.1";

export interface CollectorDeps {
  readonly exchanges: readonly Exchange[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly post: (message: FromWorker) => void;
  readonly lifetime: AbortSignal;
}

/** Explains rows while a collector runs; before and after, nothing. */
export interface Explaining {
  now: (request: ExplainRequest) => Explanation | null;
}

/** What all exchanges of one collector share: the client, the slots, the origin. */
export function httpShared(
  deps: Pick<CollectorDeps, "clock" | "random">,
  originOverride: string | null,
): HttpShared {
  const { clock, random } = deps;
  const client = new HttpClient({
    clock,
    random,
    userAgent: USER_AGENT,
    limits: EXCHANGE_HTTP_LIMITS,
  });
  const globalSlots = new Semaphore(GLOBAL_SLOTS);
  return { client, clock, globalSlots, sweepSlots: new Semaphore(SWEEP_SLOTS), originOverride };
}

/**
 * Waits for the right to collect, then collects until `lifetime` ends: of all processes on one database
 * exactly one does. Rejects when the database fails or another collector has taken over.
 */
export async function collect(
  settings: CollectorSettings,
  deps: CollectorDeps,
  explaining: Explaining = { now: () => null },
): Promise<void> {
  const lock = await waitForLock(`${settings.databasePath}.collector-lock`, {
    ...deps,
    heartbeatAtMs: () => readHeartbeat(settings.databasePath),
  });
  if (lock === null) return;
  const db = openDb(settings.databasePath);
  try {
    const epochs = new EpochRepository(db);
    const states = new ExchangeStateRepository(db);
    const writer = new MarketWriter(db, epochs, states);
    const epoch = epochs.takeOver(deps.clock.nowMs());
    const known = new Map(states.list().map(({ exchange, symbols }) => [exchange, symbols]));
    const periods = new Map(
      deps.exchanges
        .filter(({ facts }) => settings.exchanges.includes(facts.id))
        .map(({ facts }) => [
          facts.id,
          periodOf(facts, settings.periodMs, known.get(facts.id) ?? 0),
        ]),
    );
    writeTransaction(db, () => {
      states.enableOnly(periods);
      epochs.raiseSeq(deps.clock.nowMs());
    });
    deps.log.info("collecting", { epoch, exchanges: periods.size });
    deps.post({ type: "collecting", epoch });
    const run = { epoch, store: { writer, states } };
    const runners = makeRunners(periods, settings.exchangeOrigin, deps, run);
    explaining.now = ({ exchange, exchangeSymbol }) =>
      runners.find(({ id }) => id === exchange)?.explain(exchangeSymbol) ?? null;
    const beating = beat(epochs, epoch, deps);
    await Promise.all([
      beating,
      reviewForever(new MarketReview(new ReviewRepository(db, epochs)), epochs, epoch, deps),
      runLoop(runners, states.list(), {
        ...deps,
        onCycle: (exchange, { outcome }) => deps.post({ type: "cycle", exchange, outcome }),
      }),
    ]);
    checkpoint(db);
  } finally {
    explaining.now = () => null;
    db.close();
    lock.release();
  }
}

/**
 * The asked period, or the shortest in which the exchange's own limit lets a whole refresh pass. One with requests of
 * single instruments has a share of the period for them; how many there are, `known` tells from its last refresh (0: none yet).
 */
function periodOf(facts: ExchangeFacts, periodMs: number, known: number): number {
  const { requestsPerRefresh, requestsPerInstrument, pacing } = facts;
  const leastMs = (requests: number): number =>
    Math.ceil((requests / pacing.requests) * pacing.perMs);
  if (requestsPerInstrument === undefined) return Math.max(periodMs, leastMs(requestsPerRefresh));
  const instruments = known > 0 ? known : ASSUMED_INSTRUMENTS;
  const requests = requestsPerRefresh + requestsPerInstrument * instruments;
  const sweptMs = Math.ceil(leastMs(requests) / SWEEP_SHARE);
  return Math.max(periodMs, known > 0 ? sweptMs : Math.min(sweptMs, ASSUMED_PERIOD_MS));
}

function makeRunners(
  periods: ReadonlyMap<ExchangeId, number>,
  exchangeOrigin: string | null,
  deps: CollectorDeps,
  run: {
    readonly epoch: number;
    readonly store: { writer: MarketWriter; states: ExchangeStateRepository };
  },
): ExchangeRunner[] {
  const { clock, lifetime } = deps;
  const shared = httpShared(deps, exchangeOrigin);
  const stored = new Map(run.store.states.list().map((state) => [state.exchange, state]));
  return deps.exchanges.flatMap((exchange) => {
    const { facts } = exchange;
    const periodMs = periods.get(facts.id);
    if (periodMs === undefined) return [];
    const requests = new ExchangeRequests(facts, shared);
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
      freezeWatch: new FreezeWatch(),
      failuresInRow: state?.failuresInRow ?? 0,
      pause: state === undefined ? null : storedPause(state),
    };
    return [new ExchangeRunner(exchange, parts, { clock, lifetime, periodMs, ...run })];
  });
}

/** Reviews the market whenever something was stored since the last review. */
async function reviewForever(
  review: MarketReview,
  epochs: EpochRepository,
  epoch: number,
  { clock, lifetime }: CollectorDeps,
): Promise<void> {
  let seenSeq: number | null = null;
  await clock.sleep(FIRST_REVIEW_MS, lifetime);
  while (!lifetime.aborted) {
    let changed = 0;
    if (epochs.read()?.seq !== seenSeq) {
      changed = review.run(epoch, clock.nowMs());
      seenSeq = epochs.read()?.seq ?? null;
    }
    await clock.sleep(changed > 0 ? REVIEW_AGAIN_MS : REVIEW_EVERY_MS, lifetime);
  }
}

/** Says that this collector lives, to the main thread and to every process that reads the database. */
async function beat(epochs: EpochRepository, epoch: number, deps: CollectorDeps): Promise<void> {
  while (!deps.lifetime.aborted) {
    epochs.beat(epoch, deps.clock.nowMs());
    deps.post({ type: "heartbeat" });
    await deps.clock.sleep(HEARTBEAT_EVERY_MS, deps.lifetime);
  }
}
