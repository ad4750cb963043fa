import { EpochRepository } from "../db/epoch-repository.ts";
import { ExchangeStateRepository } from "../db/exchange-state-repository.ts";
import { type FileLock, tryFileLock } from "../db/file-lock.ts";
import { MarketWriter } from "../db/market-writer.ts";
import { checkpoint, openDb, writeTransaction } from "../db/open.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import type { Exchange, ExchangeFacts } from "../exchanges/exchange.ts";
import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { HttpClient, type HttpLimits } from "../lib/http-client.ts";
import type { Log } from "../lib/log.ts";
import { Semaphore } from "../lib/semaphore.ts";
import { ExchangeRequests, GLOBAL_SLOTS, type HttpShared } from "./exchange-http.ts";
import { FreezeWatch } from "./freeze-watch.ts";
import { runLoop } from "./loop.ts";
import { type CollectorSettings, type FromWorker, HEARTBEAT_EVERY_MS } from "./protocol.ts";
import { ExchangeRunner } from "./run-exchange.ts";
import { ExchangeSource } from "./source.ts";

/** How often a collector in waiting tries for the lock: a dead one is replaced well within three seconds. */
const LOCK_RETRY_MS = 500;

/** Of one request. The slowest bulk replies take two to three seconds. */
const EXCHANGE_HTTP_LIMITS: HttpLimits = {
  timeoutMs: 10_000,
  maxBodyBytes: 32 * 1024 * 1024,
};

export const USER_AGENT = "funding-finder/0.1";

export interface CollectorDeps {
  readonly exchanges: readonly Exchange[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly post: (message: FromWorker) => void;
  readonly lifetime: AbortSignal;
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
  return { client, clock, globalSlots: new Semaphore(GLOBAL_SLOTS), originOverride };
}

/**
 * Waits for the right to collect, then collects until `lifetime` ends: of all processes on one database
 * exactly one does. Rejects when the database fails or another collector has taken over.
 */
export async function collect(settings: CollectorSettings, deps: CollectorDeps): Promise<void> {
  const lock = await waitForLock(`${settings.databasePath}.collector-lock`, deps);
  if (lock === null) return;
  const db = openDb(settings.databasePath);
  try {
    const epochs = new EpochRepository(db);
    const states = new ExchangeStateRepository(db);
    const writer = new MarketWriter(db, epochs, states);
    const epoch = epochs.takeOver(deps.clock.nowMs());
    const periods = new Map(
      deps.exchanges
        .filter(({ facts }) => settings.exchanges.includes(facts.id))
        .map(({ facts }) => [facts.id, periodOf(facts, settings.periodMs)]),
    );
    writeTransaction(db, () => {
      states.enableOnly(periods);
      epochs.raiseSeq(deps.clock.nowMs());
    });
    deps.log.info("collecting", { epoch, exchanges: periods.size });
    deps.post({ type: "collecting", epoch });
    const run = { epoch, store: { writer, states } };
    const runners = makeRunners(periods, settings.exchangeOrigin, deps, run);
    const beating = beat(epochs, epoch, deps);
    await Promise.all([
      beating,
      runLoop(runners, states.list(), {
        ...deps,
        onCycle: (exchange, { outcome }) => deps.post({ type: "cycle", exchange, outcome }),
      }),
    ]);
    checkpoint(db);
  } finally {
    db.close();
    lock.release();
  }
}

/** The asked period, or the shortest in which the exchange's own limit lets a whole refresh pass. */
function periodOf({ requestsPerRefresh, pacing }: ExchangeFacts, periodMs: number): number {
  return Math.max(periodMs, Math.ceil((requestsPerRefresh / pacing.requests) * pacing.perMs));
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
  const failuresInRow = new Map(
    run.store.states.list().map((state) => [state.exchange, state.failuresInRow]),
  );
  return deps.exchanges.flatMap((exchange) => {
    const { facts } = exchange;
    const periodMs = periods.get(facts.id);
    if (periodMs === undefined) return [];
    const requests = new ExchangeRequests(facts, shared);
    const source = new ExchangeSource({ requests, clock, rotationMode: "background", lifetime });
    const parts = {
      source,
      freezeWatch: new FreezeWatch(),
      failuresInRow: failuresInRow.get(facts.id) ?? 0,
    };
    return [new ExchangeRunner(exchange, parts, { clock, lifetime, periodMs, ...run })];
  });
}

async function waitForLock(path: string, deps: CollectorDeps): Promise<FileLock | null> {
  let saidStandby = false;
  while (!deps.lifetime.aborted) {
    const lock = tryFileLock(path);
    if (lock !== null) return lock;
    if (!saidStandby)
      deps.log.info("standby", { reason: "another process collects on this database" });
    saidStandby = true;
    deps.post({ type: "heartbeat" });
    await deps.clock.sleep(LOCK_RETRY_MS, deps.lifetime);
  }
  return null;
}

/** Says that this collector lives, to the main thread and to every process that reads the database. */
async function beat(epochs: EpochRepository, epoch: number, deps: CollectorDeps): Promise<void> {
  while (!deps.lifetime.aborted) {
    epochs.beat(epoch, deps.clock.nowMs());
    deps.post({ type: "heartbeat" });
    await deps.clock.sleep(HEARTBEAT_EVERY_MS, deps.lifetime);
  }
}
