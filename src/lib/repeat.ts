import { errorText, type Log } from "./log.ts";

/**
 * Repeats `work` until the timer is cleared, never twice at the same time. What it throws is logged once per text,
 * shown to `onError` each time, and ends nothing.
 */
export function every(
  ms: number,
  work: () => void | Promise<void>,
  { log, onError }: { readonly log: Log; readonly onError: (error: unknown) => void },
): Timer {
  let logged = "";
  let busy = false;
  return setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      await work();
      logged = "";
    } catch (error) {
      onError(error);
      const reason = errorText(error);
      if (reason !== logged) log.error("background_work_failed", { reason });
      logged = reason;
    } finally {
      busy = false;
    }
  }, ms);
}
