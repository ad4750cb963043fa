import type {
  AlertRepository,
  AlertState,
  ClaimedAlert,
} from "../../db/accounts/alert-repository.ts";
import type { ExchangeState } from "../../domain/market.ts";
import type { Messenger } from "../../gateways/telegram.ts";
import { fullJitterMs, type Random } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { conditions, GOOD } from "./alert-conditions.ts";
import type { HealthReport } from "../board/health.ts";

/** After a message about a subject, the next one about it waits this long: flapping makes no storm. */
export const COOLDOWN_MS = 300_000;

/** A collector takes a moment to start; later than this, its absence is news. */
export const COLLECTOR_START_GRACE_MS = 30_000;

/** Longer than any call of a messenger takes; a sender that died is replaced after it. */
export const LEASE_MS = 60_000;

/** With the cap below and its jitter, about eight hours of trying. */
export const MAX_ATTEMPTS = 100;

/** What happened a day ago is no alert any more. */
export const MAX_MESSAGE_AGE_MS = 86_400_000;

const RETRY_BOUNDS = { baseMs: 5_000, capMs: 600_000 };

/** Jitter may come out near zero; a server in trouble gets at least this much peace. */
const MIN_RETRY_MS = 1_000;

/** One run ends after this many messages, so that a long queue never holds the caller's loop for minutes. */
const MAX_MESSAGES_PER_RUN = 10;

/** Sent messages are kept a week to look at, parked ones and those of a destination that is gone a month. */
const SENT_KEPT_MS = 7 * 86_400_000;
const PARKED_KEPT_MS = 30 * 86_400_000;
const PRUNE_EVERY_MS = 3_600_000;

export interface AlertsDeps {
  readonly repository: AlertRepository;
  /** One for each destination. None: no alerts, and nothing is stored that would be sent when they are switched on. */
  readonly messengers: readonly Messenger[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** COOLDOWN_MS unless given. */
  readonly cooldownMs?: number;
}

export interface Alerts {
  /**
   * Queues one message to each destination for each subject whose state differs from the last one told, once its
   * cooldown is over. To be called every few seconds with the health of that moment, and not during another call.
   * Rejects with what the database throws.
   */
  observe(report: HealthReport, states: readonly ExchangeState[]): Promise<void>;
  /**
   * One for each destination, to be called every few seconds each on its own: it sends what is queued there, oldest
   * first, and stops at the first that must wait. Delivery is at least once: a process that dies between sending and
   * noting it makes a second message. A call during another joins it.
   */
  readonly deliveries: readonly (() => Promise<void>)[];
  /** All of them at once. */
  deliver(): Promise<void>;
}

/** Alerts on changes of health. Several processes on one database send one message for each change. */
export function createAlerts(deps: AlertsDeps): Alerts {
  const { clock, repository, messengers } = deps;
  if (messengers.length === 0)
    return { observe: async () => {}, deliveries: [], deliver: async () => {} };
  const startedAtMs = clock.monotonicMs();
  let aliveSinceMs: number | null = null;
  let prunedAtMs = Number.NEGATIVE_INFINITY;

  const deliveries = messengers.map((messenger) => {
    let delivery: Promise<void> | null = null;
    return (): Promise<void> => {
      delivery ??= sendQueued(deps, messenger).finally(() => {
        delivery = null;
      });
      return delivery;
    };
  });

  return {
    async observe(report, states) {
      const nowMs = clock.nowMs();
      aliveSinceMs = report.collectorAlive ? (aliveSinceMs ?? nowMs) : null;
      const startIsOver = clock.monotonicMs() - startedAtMs >= COLLECTOR_START_GRACE_MS;
      await queueNews(deps, report, states, { aliveSinceMs, startIsOver, nowMs });
      if (clock.monotonicMs() - prunedAtMs < PRUNE_EVERY_MS) return;
      if (await repository.prune(nowMs - SENT_KEPT_MS, nowMs - PARKED_KEPT_MS))
        prunedAtMs = clock.monotonicMs();
    },
    deliveries,
    async deliver() {
      await Promise.all(deliveries.map((deliver) => deliver()));
    },
  };
}

async function queueNews(
  deps: AlertsDeps,
  report: HealthReport,
  states: readonly ExchangeState[],
  watch: Parameters<typeof conditions>[2],
): Promise<void> {
  const { repository, log, cooldownMs = COOLDOWN_MS } = deps;
  const { nowMs } = watch;
  const destinations = deps.messengers.map(({ destination }) => destination);
  const told = await repository.statesByKey();
  for (const condition of conditions(report, states, watch)) {
    const { key, state } = condition;
    const mayReport = (stored: AlertState | null): boolean =>
      state !== (stored?.state ?? GOOD) && !isCoolingDown(stored, nowMs, cooldownMs);
    // Judged outside first, so that quiet times take no write lock, and again inside the transaction.
    if (!mayReport(told.get(key) ?? null)) continue;
    const text = `${condition.text()} (${utcMinute(nowMs)})`;
    const change = { key, state, text, destinations, atMs: nowMs };
    const outcome = await repository.queue(change, mayReport);
    // While nothing can be written nothing is stored that was news: the next look judges anew.
    if (outcome === "not_now") return;
    if (outcome === "queued") log.info("alert_queued", { key, state });
  }
}

/** A stored time in the future is a wall clock that was set back: it holds nothing up. */
function isCoolingDown(stored: AlertState | null, nowMs: number, cooldownMs: number): boolean {
  if (stored === null || stored.queuedAtMs > nowMs) return false;
  return nowMs - stored.queuedAtMs < cooldownMs;
}

async function sendQueued(deps: AlertsDeps, messenger: Messenger): Promise<void> {
  const { repository, clock } = deps;
  for (let sent = 0; sent < MAX_MESSAGES_PER_RUN; sent += 1) {
    const claim = await repository.claimOldest(messenger.destination, clock.nowMs(), LEASE_MS);
    if (claim === null) return;
    if (!(await settle(deps, messenger, claim))) return;
  }
}

/** Sends one claimed message and notes what became of it; false when it stays the oldest and must wait. */
async function settle(
  deps: AlertsDeps,
  messenger: Messenger,
  claim: ClaimedAlert,
): Promise<boolean> {
  const { repository, clock, log } = deps;
  if (clock.nowMs() - claim.createdAtMs > MAX_MESSAGE_AGE_MS)
    return park(deps, claim, "too old to matter");
  if (claim.attempts > MAX_ATTEMPTS) return park(deps, claim, "tried too often");
  const result = await messenger.send(claim.text);
  switch (result.kind) {
    case "sent":
      await repository.markSent(claim.id, clock.nowMs());
      log.info("alert_sent", { key: claim.key, state: claim.state, attempts: claim.attempts });
      return true;
    case "retry_after":
      return wait(deps, claim, result.waitMs, result.reason);
    case "failed": {
      if (!result.retryable) return park(deps, claim, result.reason);
      const waitMs = fullJitterMs(claim.attempts - 1, RETRY_BOUNDS, deps.random);
      return wait(deps, claim, Math.max(MIN_RETRY_MS, waitMs), result.reason);
    }
  }
}

async function park(deps: AlertsDeps, claim: ClaimedAlert, reason: string): Promise<true> {
  await deps.repository.park(claim, deps.clock.nowMs(), reason);
  deps.log.error("alert_parked", {
    key: claim.key,
    state: claim.state,
    attempts: claim.attempts,
    reason,
  });
  return true;
}

async function wait(
  deps: AlertsDeps,
  claim: ClaimedAlert,
  waitMs: number,
  reason: string,
): Promise<false> {
  const untilMs = deps.clock.nowMs() + waitMs;
  await deps.repository.defer(claim, untilMs, reason);
  const fields = { key: claim.key, state: claim.state, attempts: claim.attempts, waitMs, reason };
  // One line for the change into trouble; the repeats are detail.
  if (claim.attempts === 1) deps.log.warn("alert_delayed", fields);
  else deps.log.debug("alert_delayed", fields);
  return false;
}

/** Minutes suffice, and a message that comes late still says when. */
function utcMinute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
