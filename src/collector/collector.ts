import { EpochRepository, readHeartbeat } from "../db/market/epoch-repository.ts";
import { ExchangeStateRepository } from "../db/market/exchange-state-repository.ts";
import { fileIdentity } from "../db/file-identity.ts";
import { type FileLock, lockPath } from "../db/file-lock.ts";
import { marketFile } from "../db/market/file.ts";
import { InstrumentDescriptions } from "../db/market/instrument-descriptions.ts";
import { LastQuotes } from "../db/market/last-quotes.ts";
import { LegRepository } from "../db/market/leg-repository.ts";
import { MarketWriter } from "../db/market/market-writer.ts";
import { checkpoint, openDb, waitAtMost, writeTransaction } from "../db/open.ts";
import { OpportunityRepository } from "../db/market/opportunity-repository.ts";
import { ReviewRepository } from "../db/market/review-repository.ts";
import { SampledListings } from "../db/market/sampled-listings.ts";
import { WriteAbandoned, WriteQueue } from "../db/write-queue.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Origin, OriginRequest } from "../domain/origin.ts";
import type { Exchange } from "../exchanges/exchange.ts";
import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { HttpClient, type HttpLimits } from "../lib/http-client.ts";
import type { Log } from "../lib/log.ts";
import { USER_AGENT } from "../lib/program-version.ts";
import { Semaphore } from "../lib/semaphore.ts";
import { GLOBAL_SLOTS, type HttpShared, SPARE_SLOTS, SWEEP_SLOTS } from "./exchange-http.ts";
import { Explainer } from "./explainer.ts";
import { runLoop } from "./loop.ts";
import { MarketReview } from "./market-review.ts";
import { OpportunityTracker } from "./opportunity-tracker.ts";
import { type CollectorSettings, DEFAULT_HISTORY, type FromWorker } from "./protocol.ts";
import { PayloadBudget } from "./recorded-refresh.ts";
import { MAX_BYTES } from "./reply-caps.ts";
import type { MarketStore } from "./exchange-runner.ts";
import { sendHeartbeats, writeHeartbeats } from "./heartbeats.ts";
import { HistoryStore } from "./history-store.ts";
import { HistoryWriters } from "./history-writers.ts";
import { makeRunners, periodOf } from "./runners.ts";
import type { SettledYields } from "./settled-yields.ts";
import { waitForLock } from "./standby.ts";

/** Per request. The slowest bulk replies take two to three seconds. */
const EXCHANGE_HTTP_LIMITS: HttpLimits = {
  timeoutMs: 10_000,
  maxBodyBytes: MAX_BYTES,
  // The largest reply plus a quarter: more than all exchanges together send in a minute.
  maxHeldBytes: 1.25 * MAX_BYTES,
};

/** How soon a new listing is identified: quickly while there are changes, as after a start … */
const REVIEW_AGAIN_MS = 10_000;
/** … and otherwise twice a minute: a review of 12,000 rows takes some 40 ms. */
const REVIEW_EVERY_MS = 30_000;
/** The first review comes when the first exchanges have answered. */
const FIRST_REVIEW_MS = 3_000;

type Db = ReturnType<typeof openDb>;

export interface CollectorDeps {
  readonly exchanges: readonly Exchange[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly post: (message: FromWorker) => void;
  readonly lifetime: AbortSignal;
  /** Called with the number of bytes that exchanges send. */
  readonly onRead?: (bytes: number) => void;
}

/** Explains rows while a collector is running; otherwise null. */
export interface Explaining {
  now: (request: OriginRequest) => Promise<Origin>;
}

/** The origin of rows while no collector runs in this process. */
export const NOT_COLLECTING: Explaining["now"] = () => Promise.resolve("not_in_memory");

/** What all exchanges of one collector share: the client, the slots, the origin. */
export function httpShared(
  deps: Pick<CollectorDeps, "clock" | "random" | "onRead">,
  originOverride: string | null,
): HttpShared {
  const { clock, random, onRead } = deps;
  const client = new HttpClient({
    clock,
    random,
    userAgent: USER_AGENT,
    limits: EXCHANGE_HTTP_LIMITS,
    ...(onRead === undefined ? {} : { onRead }),
  });
  const globalSlots = new Semaphore(GLOBAL_SLOTS);
  const sweepSlots = new Semaphore(SWEEP_SLOTS);
  const spareSlots = new Semaphore(SPARE_SLOTS);
  return { client, clock, globalSlots, sweepSlots, spareSlots, originOverride };
}

/**
 * Waits for the right to collect, then collects until `lifetime` ends: of all processes on one database exactly one
 * collects. Rejects if the database fails or another collector has taken over.
 */
export async function collect(
  settings: CollectorSettings,
  deps: CollectorDeps,
  explaining: Explaining = { now: NOT_COLLECTING },
): Promise<void> {
  const lock = await waitForLock(lockPath(settings.databasePath, "collector"), {
    ...deps,
    heartbeatAtMs: () => readHeartbeat(settings.databasePath),
  });
  if (lock === null) return;
  let db: Db | null = null;
  let history: HistoryStore | null = null;
  try {
    const { clock, log, lifetime } = deps;
    const writes = new WriteQueue({ clock, log, until: lifetime });
    const alive = sendHeartbeats(deps);
    db = await writes.run(() => openFor(settings));
    history = await HistoryStore.open(settings.databasePath, { clock, log, until: lifetime });
    const files = { db, writes, history };
    await Promise.all([alive, collectInto(files, lock, settings, deps, explaining)]);
    checkpoint(db);
  } catch (error) {
    // At a shutdown, pending writes are abandoned; the next start refreshes the exchanges anyway.
    if (!(error instanceof WriteAbandoned) || !deps.lifetime.aborted) throw error;
  } finally {
    explaining.now = NOT_COLLECTING;
    history?.close();
    db?.close();
    lock.release();
  }
}

/** Opens the same file that is served; data must not be mixed into one put in its place. */
function openFor({ databasePath, databaseIdentity }: CollectorSettings): Db {
  if (databaseIdentity !== undefined && fileIdentity(databasePath) !== databaseIdentity)
    throw new Error("the database was deleted or replaced");
  const db = openDb(marketFile(databasePath), { mustExist: true });
  waitAtMost(db, "collector");
  return db;
}

interface Files {
  readonly db: Db;
  readonly writes: WriteQueue;
  readonly history: HistoryStore;
}

async function collectInto(
  { db, writes, history }: Files,
  lock: FileLock,
  settings: CollectorSettings,
  deps: CollectorDeps,
  explaining: Explaining,
): Promise<void> {
  const { clock } = deps;
  const epochs = new EpochRepository(db);
  const states = new ExchangeStateRepository(db);
  const writer = new MarketWriter(db, epochs, states);
  const epoch = await writes.run(() => epochs.takeOver(clock.nowMs()));
  const periods = periodsOf(settings, deps.exchanges, states);
  await writes.run(() =>
    writeTransaction(db, () => {
      states.enableOnly(periods);
      epochs.raiseSeq(clock.nowMs());
    }),
  );
  deps.log.info("collecting", { epoch, exchanges: periods.size });
  deps.post({ type: "collecting", epoch });
  const lastQuotes = new LastQuotes(db);
  const explainer = new Explainer({ ...deps, budget: new PayloadBudget() });
  const descriptions = new InstrumentDescriptions(db);
  const past = new HistoryWriters({
    ...deps,
    history,
    descriptions,
    listings: new SampledListings(db),
    settings: settings.history ?? DEFAULT_HISTORY,
  });
  const store = { writer: queuedWriter(writer, writes, past.yields), states, lastQuotes };
  const collected = makeRunners(deps.exchanges, periods, {
    ...deps,
    epoch,
    store,
    explainer,
    shared: httpShared(deps, settings.exchangeOrigin),
    paceFactor: (settings.history ?? DEFAULT_HISTORY).paceFactor,
    onAccepted: past.onAccepted,
  });
  const runners = collected.map(({ runner }) => runner);
  explaining.now = (request) => explainer.explain(request);
  const review = new MarketReview(new ReviewRepository(db, epochs), writer);
  const opportunities = trackerOf({ db, writes }, { epoch, epochs, states }, deps);
  await Promise.all([
    writeHeartbeats(() => writes.run(() => epochs.beat(epoch, clock.nowMs())), lock, deps),
    reviewForever((nowMs) => writes.attempt(() => review.run(epoch, nowMs)), epochs, deps),
    opportunities.run(deps.lifetime, past.pairsOf(opportunities)),
    past.run(deps.lifetime, collected),
    runLoop(runners, states.list(), {
      ...deps,
      onCycle: (exchange, { outcome }) => deps.post({ type: "cycle", exchange, outcome }),
    }),
  ]);
}

/** Commits a batch with the settled yields that have been computed by then. */
function queuedWriter(
  writer: MarketWriter,
  writes: WriteQueue,
  yields: SettledYields,
): MarketStore["writer"] {
  return {
    commit: (batch) =>
      writes.run(() => {
        const ids = writer.commit({ ...batch, settledYields: yields.of(batch.exchange) });
        yields.stored(batch.exchange);
        return ids;
      }),
    fail: (...failure) => writes.run(() => writer.fail(...failure)),
  };
}

function trackerOf(
  { db, writes }: Pick<Files, "db" | "writes">,
  market: {
    readonly epoch: number;
    readonly epochs: EpochRepository;
    readonly states: ExchangeStateRepository;
  },
  deps: CollectorDeps,
): OpportunityTracker {
  const { epoch, epochs, states } = market;
  const legs = new LegRepository(db);
  return new OpportunityTracker({
    ...deps,
    epoch,
    market: {
      enabled: () => states.list().filter(({ enabled }) => enabled),
      legs: (exchange) => legs.of(exchange),
    },
    store: new OpportunityRepository(db, epochs),
    writes,
    onStats: (stats) => deps.post({ type: "opportunities", stats }),
  });
}

/** The period of every exchange that is to be collected, in ms. */
function periodsOf(
  { exchanges: ids, periodMs }: CollectorSettings,
  exchanges: readonly Exchange[],
  states: ExchangeStateRepository,
): ReadonlyMap<ExchangeId, number> {
  const known = new Map(states.list().map(({ exchange, symbols }) => [exchange, symbols]));
  return new Map(
    exchanges
      .filter(({ facts }) => ids.includes(facts.id))
      .map(({ facts }) => [facts.id, periodOf(facts, periodMs, known.get(facts.id) ?? 0)]),
  );
}

/**
 * Reviews the market whenever something was stored since the last review. A review that cannot be stored now (null) is
 * recomputed later, as the rows may have changed by then.
 */
async function reviewForever(
  review: (nowMs: number) => number | null,
  epochs: EpochRepository,
  { clock, lifetime }: CollectorDeps,
): Promise<void> {
  let seenSeq: number | null = null;
  await clock.sleep(FIRST_REVIEW_MS, lifetime);
  while (!lifetime.aborted) {
    let changed: number | null = 0;
    if (epochs.read()?.seq !== seenSeq) {
      changed = review(clock.nowMs());
      if (changed !== null) seenSeq = epochs.read()?.seq ?? null;
    }
    await clock.sleep(changed === 0 ? REVIEW_EVERY_MS : REVIEW_AGAIN_MS, lifetime);
  }
}
