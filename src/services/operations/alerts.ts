import type {
  AlertRepository,
  AlertState,
  ClaimedAlert,
} from "../../db/accounts/alert-repository.ts";
import type { ExchangeState } from "../../domain/market.ts";
import type { Messenger } from "../../gateways/messenger.ts";
import { fullJitterMs, type Random } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { conditions, GOOD } from "./alert-conditions.ts";
import type { HealthReport } from "../board/health.ts";

/** Minimum time between two messages about a subject, so that flapping does not cause a flood. */
export const COOLDOWN_MS = 300_000;

/** A collector takes a moment to start; after this its absence is reported. */
export const COLLECTOR_START_GRACE_MS = 30_000;

/** Longer than any call of a messenger; after it the message of a dead sender can be claimed again. */
export const LEASE_MS = 60_000;

/** With the cap below and its jitter, about eight hours of retries. */
export const MAX_ATTEMPTS = 100;

/** An alert about an event a day ago is useless. */
export const MAX_MESSAGE_AGE_MS = 86_400_000;

const RETRY_BOUNDS = { baseMs: 5_000, capMs: 600_000 };

/** Jitter may come out near zero; a server in trouble gets at least this pause. */
const MIN_RETRY_MS = 1_000;

/** One run ends after this many messages, so that a long queue never blocks the caller's loop for minutes. */
const MAX_MESSAGES_PER_RUN = 10;

/** Sent messages are kept for a week, parked ones and those to removed destinations for a month. */
const SENT_KEPT_MS = 7 * 86_400_000;
const PARKED_KEPT_MS = 30 * 86_400_000;
const PRUNE_EVERY_MS = 3_600_000;

export interface AlertsDeps {
  readonly repository: AlertRepository;
  /** One per destination. If empty, nothing is queued that would be sent once alerts are switched on. */
  readonly messengers: readonly Messenger[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Default: COOLDOWN_MS. */
  readonly cooldownMs?: number;
}

export interface Alerts {
  /**
   * Queues one message per destination for each subject whose state differs from the last reported one, once its cooldown
   * is over. Call it every few seconds with the current health, without overlap. Rejects with the database's exceptions.
   */
  observe(report: HealthReport, states: readonly ExchangeState[]): Promise<void>;
  /**
   * One per destination, each called every few seconds: sends the queued messages, oldest first, and stops at the first
   * one that must wait. Delivery is at least once: a process that dies between sending and recording it causes a second
   * message. A call during another one joins it.
   */
  readonly deliveries: readonly (() => Promise<void>)[];
  /** All of them at once. */
  deliver(): Promise<void>;
}

/** Alerts on changes of health. Several processes on one database send one message per change. */
export function createAlerts(deps: AlertsDeps): Alerts {
  const { clock, repository, messengers } = deps;
  if (messengers.length === 0)
    return { observe: async () => {}, deliveries: [], deliver: async () => {} };
  const startedAtMs = clock.monotonicMs();
  // An exchange may have been tried between its collector's start and the first call that finds the collector alive:
  // only what is older than the last call that found it dead, or than this process, belongs to an earlier run.
  let notAliveAtMs = clock.nowMs();
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
      if (!report.collectorAlive) notAliveAtMs = nowMs;
      const aliveSinceMs = report.collectorAlive ? notAliveAtMs : null;
      const startIsOver = clock.monotonicMs() - startedAtMs >= COLLECTOR_START_GRACE_MS;
      await queueChanges(deps, report, states, { aliveSinceMs, startIsOver, nowMs });
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

async function queueChanges(
  deps: AlertsDeps,
  report: HealthReport,
  states: readonly ExchangeState[],
  watch: Parameters<typeof conditions>[2],
): Promise<void> {
  const { repository, log, cooldownMs = COOLDOWN_MS } = deps;
  const { nowMs } = watch;
  const destinations = deps.messengers.map(({ destination }) => destination);
  const reported = await repository.statesByKey();
  for (const condition of conditions(report, states, watch)) {
    const { key, state } = condition;
    const mayReport = (stored: AlertState | null): boolean =>
      state !== (stored?.state ?? GOOD) && !isCoolingDown(stored, nowMs, cooldownMs);
    // Checked outside the transaction first, so that no write lock is taken if nothing changed, and again inside.
    if (!mayReport(reported.get(key) ?? null)) continue;
    const text = `${condition.text()} (${utcMinute(nowMs)})`;
    const change = { key, state, text, destinations, atMs: nowMs };
    const outcome = await repository.queue(change, mayReport);
    // The database accepts no writes: nothing was stored, the next call tries again.
    if (outcome === "not_now") return;
    if (outcome === "queued") log.info("alert_queued", { key, state });
  }
}

/** A stored time in the future means that the clock was set back: it delays nothing. */
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

/** Sends one claimed message and records the result; false if it stays the oldest and must wait. */
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
  // Only the first failure is a warning; repeats are detail.
  if (claim.attempts === 1) deps.log.warn("alert_delayed", fields);
  else deps.log.debug("alert_delayed", fields);
  return false;
}

/** The time of the event to the minute, for messages that arrive late. */
function utcMinute(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
