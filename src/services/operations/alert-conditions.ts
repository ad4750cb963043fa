import type { ExchangeId, FailureKind } from "../../domain/exchange.ts";
import type { ExchangeState } from "../../domain/market.ts";
import {
  type ExchangeHealth,
  type HealthReport,
  isRecentlyBlocked,
  OK_FROM_SHARE,
} from "../board/health.ts";

/** The assumed state of a subject before its first observation. */
export const GOOD = "ok";

/** The current state of one subject, and the message to send if it is new. */
export interface Condition {
  /** The subject: `collector`, `service`, `exchange:<id>` or `batch:<id>`. */
  readonly key: string;
  readonly state:
    "ok" | "dead" | "few_fresh" | "stale" | "down" | "blocked_lately" | "geo_blocked" | "refused";
  readonly text: () => string;
}

/** What this process knows about the collector; it determines which conditions can be judged yet. */
export interface Watch {
  /** Wall-clock time since which the collector has been alive without a gap, null while it is not. */
  readonly aliveSinceMs: number | null;
  /** Whether enough time has passed since the start to call a missing collector dead. */
  readonly startIsOver: boolean;
  readonly nowMs: number;
}

/** Fewer exchanges are reported individually: a small installation is under 80 % with the first one. */
const MANY = 5;

/** Maximum names in a message about many exchanges. */
const NAMED = 12;

/** A failure may list sizes and reasons; this much is enough to show the cause. */
const MAX_FAILURE_CHARS = 200;

const WHAT_TO_DO = {
  timeout: "It is retried automatically; check its status page if this persists.",
  network: "It is retried automatically; check this machine's connection if this persists.",
  http: "It is retried automatically; check its status page if this persists.",
  rate_limited: "Raise REFRESH_SECONDS, or stop other programs that call it from this address.",
  banned: "It has banned this address: raise REFRESH_SECONDS and wait.",
  geo_blocked:
    "It blocks this machine's country and does not count towards health: remove it from EXCHANGES or run elsewhere.",
  bad_envelope: "Its format may have changed: look for an update of this program.",
  too_large: "Its format may have changed: look for an update of this program.",
  refused_batch: "See the alert about the refused batch.",
} satisfies Record<FailureKind, string>;

/**
 * Every subject that can be judged now. While the collector is dead, exchanges are not judged: there is one cause and one
 * message. An exchange is bad only if it was tried since the collector is alive, or had the whole threshold to answer:
 * rows that were already old at the start say nothing about the exchange.
 */
export function conditions(
  report: HealthReport,
  states: readonly ExchangeState[],
  watch: Watch,
): readonly Condition[] {
  const found: Condition[] = [];
  if (report.collectorAlive || watch.startIsOver) found.push(collectorCondition(report));
  const { aliveSinceMs } = watch;
  if (aliveSinceMs === null) return found;
  const graceIsOver = watch.nowMs - aliveSinceMs > report.staleThresholdSeconds * 1000;
  const judged = new Set<ExchangeId>();
  for (const state of states) {
    const health = report.exchanges.find((candidate) => candidate.exchange === state.exchange);
    if (!state.enabled || health === undefined) continue;
    const wasAsked = state.lastAttemptAtMs !== null && state.lastAttemptAtMs >= aliveSinceMs;
    const exchange = exchangeCondition(report, health, state, watch.nowMs);
    if (exchange !== null && (exchange.state === GOOD || wasAsked || graceIsOver)) {
      judged.add(state.exchange);
      found.push(exchange);
    }
    const batch = batchCondition(state);
    if (batch !== null) found.push(batch);
  }
  const service = serviceCondition(report, judged);
  return service === null ? found : [service, ...found];
}

/** Null while it still depends on exchanges that are not judged yet, and while only a few are not fresh. */
function serviceCondition(report: HealthReport, judged: ReadonlySet<ExchangeId>): Condition | null {
  const { enabledExchanges: enabled, freshExchanges: fresh } = report;
  if (enabled === 0) return null;
  const key = "service";
  const counts = `${fresh} of ${enabled} exchanges are fresh`;
  if (fresh / enabled >= OK_FROM_SHARE)
    return { key, state: GOOD, text: () => `service: ${counts} again.` };
  const blocked = report.exchanges.filter(({ status }) => status === "geo_blocked");
  const notFresh = new Set([...report.staleExchanges, ...blocked.map(({ exchange }) => exchange)]);
  const bad = [...notFresh].filter((id) => judged.has(id));
  if (bad.length < MANY || (enabled - bad.length) / enabled >= OK_FROM_SHARE) return null;
  return {
    key,
    state: "few_fresh",
    text: () =>
      `service: only ${counts} (not: ${listed(bad)}). So many at once usually have one cause: this machine's connection, address or load. Remove those that block its country from EXCHANGES.`,
  };
}

function listed(ids: readonly ExchangeId[]): string {
  const names = ids.slice(0, NAMED).join(", ");
  return ids.length <= NAMED ? names : `${names} and ${ids.length - NAMED} more`;
}

function collectorCondition(report: HealthReport): Condition {
  const age = report.dataAgeSeconds;
  const newest = age === null ? "no data yet" : `newest data: ${duration(age)} old`;
  if (report.collectorAlive) {
    return { key: "collector", state: GOOD, text: () => "collector: alive again." };
  }
  return {
    key: "collector",
    state: "dead",
    text: () =>
      `collector: dead, no exchange is being refreshed (${newest}). It is restarted automatically; if this persists, check the log and restart the service.`,
  };
}

/** Null if nothing is known yet, or nothing new. A failure with data within the threshold is not reported: it may pass. */
function exchangeCondition(
  report: HealthReport,
  health: ExchangeHealth,
  state: ExchangeState,
  nowMs: number,
): Condition | null {
  const name = state.exchange;
  const key = `exchange:${name}`;
  const others = othersFresh(report, health);
  if (health.status === "starting") return null;
  if (health.status === "geo_blocked") {
    return blockCondition(key, health, state, nowMs);
  }
  if (!report.staleExchanges.includes(name)) {
    // A block followed by another failure, or a failure within the threshold, is neither new nor a recovery.
    if (state.failureKind !== null) return null;
    return { key, state: GOOD, text: () => `${name}: fresh data again. ${others}` };
  }
  const cause = state.failureKind === null ? "" : ` (${state.failureKind}: ${failureWords(state)})`;
  const cure = state.failureKind === null ? "" : ` ${WHAT_TO_DO[state.failureKind]}`;
  const { ageSeconds } = health;
  if (ageSeconds === null) {
    return { key, state: "down", text: () => `${name}: no data yet${cause}. ${others}${cure}` };
  }
  if (ageSeconds < report.staleThresholdSeconds) {
    const still = "it responds, but its own timestamps have stopped; its rates cannot be trusted";
    return { key, state: "stale", text: () => `${name}: ${still}. ${others}` };
  }
  const silent = `no fresh data for ${duration(ageSeconds)}${cause}`;
  return { key, state: "stale", text: () => `${name}: ${silent}. ${others}${cure}` };
}

/** An exchange that delivered recently is most likely blocked temporarily by its CDN; one that never did, permanently. */
function blockCondition(
  key: string,
  { ageSeconds }: ExchangeHealth,
  state: ExchangeState,
  nowMs: number,
): Condition {
  const name = state.exchange;
  const silent =
    ageSeconds === null
      ? "it has never delivered data"
      : `its last data is ${duration(ageSeconds)} old`;
  if (!isRecentlyBlocked(state, nowMs)) {
    const text = (): string => `${name}: geo-blocked, ${silent}. ${WHAT_TO_DO.geo_blocked}`;
    return { key, state: "geo_blocked", text };
  }
  return {
    key,
    state: "blocked_lately",
    text: () =>
      `${name}: geo-blocked, though ${silent}: most likely a temporary block by its CDN. It is retried automatically after 2 to 30 minutes; if it lasts for hours, or began when this machine's address changed, remove it from EXCHANGES or run elsewhere.`,
  };
}

/** Null if the last attempt says nothing about batches. */
function batchCondition(state: ExchangeState): Condition | null {
  const name = state.exchange;
  const key = `batch:${name}`;
  if (state.failureKind === "refused_batch") {
    return {
      key,
      state: "refused",
      text: () =>
        `${name}: a batch was refused (${failureWords(state)}). The previous rows stay. If the exchange really changed this much: \`cli accept ${name}\`.`,
    };
  }
  if (state.failureKind !== null) return null;
  return {
    key,
    state: GOOD,
    text: () => `${name}: batches are accepted again (${state.symbols} instruments).`,
  };
}

function othersFresh(report: HealthReport, health: ExchangeHealth): string {
  const isFresh =
    health.status !== "geo_blocked" && !report.staleExchanges.includes(health.exchange);
  const fresh = report.freshExchanges - (isFresh ? 1 : 0);
  return `Other exchanges: ${fresh} of ${report.enabledExchanges - 1} fresh.`;
}

function failureWords(state: ExchangeState): string {
  const words = (state.failure ?? "no reason given").replaceAll(/[\s\p{Cc}]+/gu, " ");
  return words.slice(0, MAX_FAILURE_CHARS).toWellFormed();
}

/** Seconds in the largest unit that is precise enough. */
function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h`;
}
