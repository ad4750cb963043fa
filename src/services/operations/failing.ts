import { createLog, errorText } from "../../lib/log.ts";
import type { LogOutput } from "../../lib/log-output.ts";
import { startFailure } from "../../lib/start-failure.ts";

/** Status of an end that nobody expected; a service manager tries again. */
const EXIT_CRASHED = 1;

/** Ends the process once its log is written, or could not be for a second. */
export function exitAfter(output: LogOutput): (status: number) => void {
  return (status) => void output.flush().then(() => process.exit(status));
}

/**
 * Ends the process with what is returned, and for every error that nothing catches: what the operator can mend is
 * one line of words, all else a line of the log with its stack.
 */
export function endOnError(
  output: LogOutput,
  exit: (status: number) => void,
): (error: unknown) => void {
  const end = (error: unknown): void => {
    const failure = startFailure(error);
    if (failure === null) {
      const stack = error instanceof Error ? error.stack : undefined;
      createLog("error", output).error("crashed", { reason: errorText(error), stack });
    } else output.write(`${failure.message}\n`);
    exit(failure?.exitStatus ?? EXIT_CRASHED);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
  return end;
}
