import type { Clock } from "../lib/clock.ts";
import { BytesInFlight } from "./bytes-in-flight.ts";
import { WorkQueue } from "./work-queue.ts";

/** What all answers of the process share: turns to be made, and room to be sent. */
export interface AnswerLoad {
  readonly work: WorkQueue;
  readonly flight: BytesInFlight;
}

export function answerLoad(clock: Clock): AnswerLoad {
  return { work: new WorkQueue(clock), flight: new BytesInFlight(clock) };
}
