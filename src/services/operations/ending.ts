import type { Clock } from "../../lib/clock.ts";
import { errorText, type Log } from "../../lib/log.ts";

/**
 * How long answers and other work in progress may take after a signal. Together with the steps below, and with room for
 * a busy machine, it is less than TimeoutStopSec in the unit file.
 */
const DRAIN_MS = 15_000;
/**
 * Requests that reached the machine before the signal may still be in the system's queues, where a stopping server would
 * reset them: connections are accepted in one turn of the loop and read in another. On a busy machine turns count.
 */
const TAKING = { turns: 5, turnMs: 20 } as const;
/** Closing the remaining connections takes no time; nothing may block the exit forever. */
const CUT_MS = 1_000;

/** Exit status after a second signal: work in progress is lost. */
const EXIT_AT_ONCE = 1;

export interface EndingParts {
  /** Stops background work: timers, streams. */
  readonly begin: () => void;
  readonly server: { stop(closeActiveConnections?: boolean): Promise<void> };
  /** Work to finish along with the answers, by its name in the log, within the same time. */
  readonly finish: Readonly<Record<string, () => Promise<unknown>>>;
  /** Last step, when nothing is running any more. */
  readonly close: () => void;
}

export interface EndingDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly exit: (status: number) => void;
}

/**
 * Shuts the process down in order at the first SIGTERM or SIGINT, with status 0; a second signal ends it at once. The
 * returned function shuts it down in the same way for another reason, with its status; the first reason wins.
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
 * Shuts down in order: no new work, then answers and other work in progress, DRAIN_MS at most, then the rest. A step
 * that fails is logged and does not prevent the others. Never rejects.
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
