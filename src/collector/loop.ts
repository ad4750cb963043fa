import type { ExchangeState } from "../domain/market.ts";
import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { remainingWaitMs } from "./retry-delay.ts";
import type { Cycle, CycleOutcome, ExchangeRunner } from "./exchange-runner.ts";

/** The first refreshes are spread over this time, so that a start is quick without being a burst. */
const START_SPREAD_MS = 1_500;

/** Periods vary by this share in either direction, so that exchanges do not run in lockstep. */
export const PERIOD_JITTER_SHARE = 0.05;

/** The part of an exchange's runner that the loop uses. */
export type Runner = Pick<ExchangeRunner, "id" | "cycle">;

export interface LoopDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly lifetime: AbortSignal;
  readonly onCycle: (exchange: ExchangeRunner["id"], cycle: Cycle) => void;
}

/**
 * Runs every exchange with its own period until `lifetime` ends. If its stored batch is younger than the period, or it
 * asked for a pause, the first refresh waits for that: a restart does not refresh everything again. Rejects with
 * database errors.
 */
export async function runLoop(
  runners: readonly Runner[],
  states: readonly ExchangeState[],
  deps: LoopDeps,
): Promise<void> {
  const waits = new Map(
    states.map((state) => [state.exchange, firstWaitMs(state, deps.clock.nowMs())]),
  );
  await Promise.all(runners.map((runner) => runForever(runner, waits.get(runner.id) ?? 0, deps)));
}

async function runForever(runner: Runner, waitMs: number, deps: LoopDeps): Promise<void> {
  const { clock, random, lifetime } = deps;
  let lastLogged = "";
  let isFirst = waitMs === 0;
  await clock.sleep(waitMs + random() * START_SPREAD_MS, lifetime);
  while (!lifetime.aborted) {
    const cycle = await runner.cycle();
    if (cycle === null) return;
    deps.onCycle(runner.id, cycle);
    lastLogged = logChange(runner, cycle.outcome, lastLogged, deps.log);
    logNewKinds(runner, cycle, deps.log);
    // The first pause is a random part of a period: exchanges that all answered within seconds of the start must not
    // coincide every minute, as their payloads would be in memory together.
    const spreads = isFirst && cycle.outcome.kind === "accepted";
    const share = spreads ? random() : jitterOf(cycle.outcome, random);
    const pauseMs = Math.max(0, cycle.pauseMs * share - cycle.waitedMs);
    // All that were delayed by the database beyond their pause are due at the same time: spread them as at a start.
    isFirst = pauseMs === 0 && cycle.waitedMs > START_SPREAD_MS;
    await clock.sleep(isFirst ? random() * START_SPREAD_MS : pauseMs, lifetime);
  }
}

/** In either direction; after a failure only later, since the exchange may have asked for the whole pause. */
function jitterOf(outcome: CycleOutcome, random: Random): number {
  const spread = random() * PERIOD_JITTER_SHARE;
  return outcome.kind === "failed" ? 1 + spread : 1 + spread * 2 - PERIOD_JITTER_SHARE;
}

function firstWaitMs(state: ExchangeState, nowMs: number): number {
  return Math.max(restOfPeriodMs(state, nowMs), remainingWaitMs(state, nowMs));
}

/** How long the last batch is younger than one period; 0 if its time lies in the future. */
function restOfPeriodMs({ lastOkAtMs, periodMs }: ExchangeState, nowMs: number): number {
  if (lastOkAtMs === null || lastOkAtMs > nowMs) return 0;
  return Math.max(0, lastOkAtMs + periodMs - nowMs);
}

/** As many names as fit a readable line. */
const MAX_LOGGED_KINDS = 10;

function logNewKinds(runner: Runner, { newKinds }: Cycle, log: Log): void {
  if (newKinds.length === 0) return;
  const symbols = newKinds.slice(0, MAX_LOGGED_KINDS);
  log.warn("exchange_unknown_kinds", { exchange: runner.id, count: newKinds.length, symbols });
}

/** Logs changes of state, one line each. Returns the state last logged. */
function logChange(runner: Runner, outcome: CycleOutcome, lastLogged: string, log: Log): string {
  const state =
    outcome.kind === "failed"
      ? `failed ${outcome.failureKind}`
      : outcome.degradedBy === null
        ? "ok"
        : "degraded";
  if (state === lastLogged) return lastLogged;
  const exchange = runner.id;
  if (outcome.kind === "failed") {
    const { failureKind: kind, message: reason, detail } = outcome;
    log.warn("exchange_failed", { exchange, kind, reason, ...(detail === null ? {} : { detail }) });
  } else if (outcome.degradedBy !== null) {
    const { rows, degradedBy: reason, detail } = outcome;
    log.warn("exchange_degraded", {
      exchange,
      rows,
      reason,
      ...(detail === null ? {} : { detail }),
    });
  } else {
    log.info(lastLogged === "" ? "exchange_ok" : "exchange_recovered", {
      exchange,
      rows: outcome.rows,
    });
  }
  return state;
}
