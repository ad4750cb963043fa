/** What a step of background work in the main thread is part of. */
export type BackgroundWork =
  "alerts" | "answers" | "board" | "collector" | "groups" | "row_texts" | "stream" | "watchdog";

/** Runs a synchronous step of background work and records its duration: no request is answered meanwhile. */
export type TimeStep = <Result>(work: BackgroundWork, step: () => Result) => Result;

/** Runs the step only. */
export const untimedStep: TimeStep = (_work, step) => step();
