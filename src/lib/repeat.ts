import { errorText, type Log } from "./log.ts";

/** Repeats `work`; what it throws is logged once per text and does not end the program. */
export function every(ms: number, log: Log, work: () => void | Promise<void>): Timer {
  let said = "";
  let busy = false;
  return setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      await work();
      said = "";
    } catch (error) {
      const reason = errorText(error);
      if (reason !== said) log.error("background_work_failed", { reason });
      said = reason;
    } finally {
      busy = false;
    }
  }, ms);
}
