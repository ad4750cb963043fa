import { errorText, type Log } from "./log.ts";

/**
 * Repeats `work` until the timer is cleared, without overlap. An exception is logged once per message and passed to
 * `onError` each time; the repetition continues.
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
