import type { Clock } from "../../lib/clock.ts";
import { errorText, type Log } from "../../lib/log.ts";

/**
 * Answers under way, and what else is being finished, may take this long after a signal. With the rest below and
 * room for a busy machine it stays under TimeoutStopSec of the unit file.
 */
const DRAIN_MS = 15_000;
/**
 * Requests that had reached the machine before the signal lie in the system's queues, and a server that stops
 * resets them: connections are taken in one turn of the loop and read in another. On a busy machine turns count.
 */
const TAKING = { turns: 5, turnMs: 20 } as const;
/** Cutting the connections that are left takes no time; nothing may hold the end for ever. */
const CUT_MS = 1_000;

/** Status of a process that was told to end twice: what was under way is lost. */
const EXIT_AT_ONCE = 1;

export interface EndingParts {
  /** Stops what runs by itself: timers, streams. */
  readonly begin: () => void;
  readonly server: { stop(closeActiveConnections?: boolean): Promise<void> };
  /** Work that is finished at the same time as the answers, by its name in the log; within the same bound. */
  readonly finish: Readonly<Record<string, () => Promise<unknown>>>;
  /** Last, when nothing works any more. */
  readonly close: () => void;
}

export interface EndingDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly exit: (status: number) => void;
}

/**
 * Ends the process at the first SIGTERM or SIGINT, in order and with status 0; at once with a signal while it ends.
 * What is returned ends it in the same order for another reason, with its status; the first reason decides.
 */
export function endOnSignal(
  parts: EndingParts,
  deps: EndingDeps,
): (reason: string, status: number) => void {
  const { log, exit } = deps;
  let isEnding = false;
  const begin = (reason: string, status: number): void => {
    if (isEnding) return;
    isEnding = true;
    log.info("stopping", { reason });
    void end(parts, deps).then(() => exit(status));
  };
  const onSignal = (signal: string): void => {
    if (!isEnding) return begin(signal, 0);
    log.warn("ended_at_once", { signal });
    exit(EXIT_AT_ONCE);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => onSignal(signal));
  return begin;
}

/**
 * Ends in order: no new work, then the answers and the other work under way, DRAIN_MS at most, then whatever is
 * left. A step that fails is logged and keeps no other from being taken. Never rejects.
 */
export async function end(
  parts: EndingParts,
  { clock, log }: Omit<EndingDeps, "exit">,
): Promise<void> {
  const taken = async (step: string, work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      log.error("ending_step_failed", { step, reason: errorText(error) });
    }
  };
  const within = async (ms: number, work: Promise<unknown>): Promise<boolean> => {
    const done = new AbortController();
    const late = clock.sleep(ms, done.signal).then(() => false);
    const isDone = await Promise.race([work.then(() => true), late]);
    done.abort();
    return isDone;
  };
  await taken("begin", parts.begin);
  const answers = async (): Promise<void> => {
    for (let turn = 0; turn < TAKING.turns; turn += 1) await clock.sleep(TAKING.turnMs);
    await parts.server.stop();
  };
  const steps = { answers, ...parts.finish };
  const open = new Set(Object.keys(steps));
  const finished = Object.entries(steps).map(([step, work]) =>
    taken(step, work).then(() => open.delete(step)),
  );
  if (!(await within(DRAIN_MS, Promise.all(finished)))) log.warn("cut_short", { steps: [...open] });
  await within(
    CUT_MS,
    taken("connections", () => parts.server.stop(true)),
  );
  await taken("close", parts.close);
  log.info("stopped");
}
