import type { ExchangeId, FailureKind } from "../domain/exchange.ts";
import type { ExchangeState } from "../domain/market.ts";
import type { ExchangeHealth, HealthReport } from "./health.ts";

/** The state that every subject is taken to have been in until it is seen otherwise. */
export const GOOD = "ok";

/** What is the case with one subject now, and how to tell it should that be news. */
export interface Condition {
  /** The subject: `collector`, `exchange:<id>` or `batch:<id>`. */
  readonly key: string;
  readonly state: "ok" | "dead" | "stale" | "down" | "geo_blocked" | "refused";
  readonly text: () => string;
}

/** What this process has seen of the collector; it decides what can be judged yet. */
export interface Watch {
  /** Wall time since when the collector was seen alive without a gap, null while it is not. */
  readonly aliveSinceMs: number | null;
  /** Whether enough time has passed since the start to call a missing collector dead. */
  readonly startIsOver: boolean;
  readonly nowMs: number;
}

/** A failure's words come from outside: this much of them tells the cause. */
const MAX_FAILURE_CHARS = 200;

const WHAT_TO_DO = {
  timeout: "It is tried again by itself; see its status page if this lasts.",
  network: "It is tried again by itself; check this machine's connection if this lasts.",
  http: "It is tried again by itself; see its status page if this lasts.",
  rate_limited: "Raise REFRESH_SECONDS, or stop what else asks it from this address.",
  banned: "It bans this address: raise REFRESH_SECONDS and wait.",
  geo_blocked: "It refuses this machine's country: take it out of EXCHANGES or run elsewhere.",
  bad_envelope: "Its format may have changed: look for an update of this program.",
  too_large: "Its format may have changed: look for an update of this program.",
  refused_batch: "See the alert about the refused batch.",
} satisfies Record<FailureKind, string>;

/**
 * Every subject that can be judged now. While the collector is dead the exchanges are not judged: their
 * silence has one cause and one message. An exchange is bad only once it was asked since the collector lives,
 * or had the whole threshold to answer: rows that were old before a start say nothing about the exchange.
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
  for (const state of states) {
    const health = report.exchanges.find((candidate) => candidate.exchange === state.exchange);
    if (!state.enabled || health === undefined) continue;
    const wasAsked = state.lastAttemptAtMs !== null && state.lastAttemptAtMs >= aliveSinceMs;
    const exchange = exchangeCondition(report, health, state);
    if (exchange !== null && (exchange.state === GOOD || wasAsked || graceIsOver))
      found.push(exchange);
    const batch = batchCondition(state);
    if (batch !== null) found.push(batch);
  }
  return found;
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
      `collector: dead, no exchange is asked (${newest}). It is restarted by itself; if this lasts, see the log and restart the service.`,
  };
}

/** Null where nothing is known yet. Down with data inside the threshold is not told: it may pass. */
function exchangeCondition(
  report: HealthReport,
  health: ExchangeHealth,
  state: ExchangeState,
): Condition | null {
  const name = state.exchange;
  const key = `exchange:${name}`;
  const others = othersFresh(report, name);
  if (health.status === "starting") return null;
  if (health.status === "geo_blocked") {
    return {
      key,
      state: "geo_blocked",
      text: () => `${name}: geo-blocked. ${WHAT_TO_DO.geo_blocked}`,
    };
  }
  if (!report.staleExchanges.includes(name)) {
    return { key, state: GOOD, text: () => `${name}: fresh data again. ${others}` };
  }
  const cause = state.failureKind === null ? "" : ` (${state.failureKind}: ${failureWords(state)})`;
  const cure = state.failureKind === null ? "" : ` ${WHAT_TO_DO[state.failureKind]}`;
  const { ageSeconds } = health;
  if (ageSeconds === null) {
    return { key, state: "down", text: () => `${name}: no data yet${cause}. ${others}${cure}` };
  }
  if (ageSeconds < report.staleThresholdSeconds) {
    const still =
      "it answers, but its own timestamps stand still; its rates are not to be relied on";
    return { key, state: "stale", text: () => `${name}: ${still}. ${others}` };
  }
  const silent = `no fresh data for ${duration(ageSeconds)}${cause}`;
  return { key, state: "stale", text: () => `${name}: ${silent}. ${others}${cure}` };
}

/** Null while the last attempt says nothing about batches. */
function batchCondition(state: ExchangeState): Condition | null {
  const name = state.exchange;
  const key = `batch:${name}`;
  if (state.failureKind === "refused_batch") {
    return {
      key,
      state: "refused",
      text: () =>
        `${name}: a batch was refused (${failureWords(state)}). The rows before it stay. If the exchange really changed so much: \`cli accept ${name}\`.`,
    };
  }
  if (state.failureKind !== null) return null;
  return {
    key,
    state: GOOD,
    text: () => `${name}: batches are accepted again (${state.symbols} instruments).`,
  };
}

function othersFresh(report: HealthReport, name: ExchangeId): string {
  const others = report.exchanges.filter(
    (other) => other.exchange !== name && other.status !== "off" && other.status !== "geo_blocked",
  );
  const fresh = others.filter((other) => !report.staleExchanges.includes(other.exchange));
  return `Other exchanges: ${fresh.length} of ${others.length} fresh.`;
}

function failureWords(state: ExchangeState): string {
  const words = (state.failure ?? "no reason given").replaceAll(/[\s\p{Cc}]+/gu, " ");
  return words.slice(0, MAX_FAILURE_CHARS).toWellFormed();
}

/** Seconds in the largest unit that still tells enough. */
function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h`;
}
