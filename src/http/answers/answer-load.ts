import type { Clock } from "../../lib/clock.ts";
import { GarbageMeter } from "../../lib/garbage.ts";
import { Pauses, type RunStep } from "../../lib/pauses.ts";
import { BytesInFlight } from "./bytes-in-flight.ts";
import { PAST_LIMITS, WorkQueue } from "./work-queue.ts";

/** What all answers of the process share: turns for building them, and memory for sending them. */
export interface AnswerLoad {
  readonly work: WorkQueue;
  /** Turns for answers about the past: slow ones delay no others. */
  readonly past: WorkQueue;
  readonly flight: BytesInFlight;
  /** Counts the bytes of streamed representations that were built. */
  readonly garbage: GarbageMeter;
  /** Runs a synchronous step of building an answer. */
  readonly run: RunStep;
  /** Pauses for one potentially long task. */
  readonly pauses: () => Pauses;
}

/** Three full lists of 14,000 rows: minutes apart in ordinary use, twice a second under the worst load. */
const COLLECT_EVERY_BYTES = 24 * 1024 * 1024;

/** Steps that build answers are run by `run`, which may measure them. */
export function answerLoad(clock: Clock, run: RunStep = (step) => step()): AnswerLoad {
  return {
    work: new WorkQueue(clock),
    past: new WorkQueue(clock, PAST_LIMITS),
    run,
    pauses: () => new Pauses(clock, run),
    flight: new BytesInFlight(clock),
    // Asynchronously: waiting for the collection to finish would block the event loop for 40 ms.
    garbage: new GarbageMeter(COLLECT_EVERY_BYTES, () => Bun.gc(false)),
  };
}
