import type { Clock } from "../../lib/clock.ts";
import { GarbageMeter } from "../../lib/garbage.ts";
import { Pauses } from "../../lib/pauses.ts";
import { BytesInFlight } from "./bytes-in-flight.ts";
import { WorkQueue } from "./work-queue.ts";

/** What all answers of the process share: turns to be made, and room to be sent. */
export interface AnswerLoad {
  readonly work: WorkQueue;
  readonly flight: BytesInFlight;
  /** Counts the large forms that were made. */
  readonly garbage: GarbageMeter;
  /** For one work that may be long. */
  readonly pauses: () => Pauses;
}

/** Three full lists of 14,000 rows: minutes apart in ordinary use, twice a second when somebody wants the worst. */
const COLLECT_EVERY_BYTES = 24 * 1024 * 1024;

export function answerLoad(clock: Clock): AnswerLoad {
  return {
    work: new WorkQueue(clock),
    pauses: () => new Pauses(clock),
    flight: new BytesInFlight(clock),
    // Not at once but beside the work: a collection that waits for its end would hold the loop for 40 ms.
    garbage: new GarbageMeter(COLLECT_EVERY_BYTES, () => Bun.gc(false)),
  };
}
