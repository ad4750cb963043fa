import type { FileLock } from "../db/file-lock.ts";
import type { Clock } from "../lib/clock.ts";
import { type FromWorker, HEARTBEAT_EVERY_MS } from "./protocol.ts";

export interface HeartbeatDeps {
  readonly clock: Clock;
  readonly post: (message: FromWorker) => void;
  readonly lifetime: AbortSignal;
}

/** Sends heartbeats to the main thread, whatever the state of the database. */
export async function sendHeartbeats({ clock, post, lifetime }: HeartbeatDeps): Promise<void> {
  while (!lifetime.aborted) {
    post({ type: "heartbeat", collecting: true });
    await clock.sleep(HEARTBEAT_EVERY_MS, lifetime);
  }
}

/** Writes heartbeats for all processes that read the database, while this process holds the right to collect. */
export async function writeHeartbeats(
  write: () => Promise<void>,
  lock: FileLock,
  { clock, lifetime }: Pick<HeartbeatDeps, "clock" | "lifetime">,
): Promise<void> {
  while (!lifetime.aborted) {
    if (!lock.isInPlace()) throw new Error("the collector's lock file was deleted or replaced");
    await write();
    await clock.sleep(HEARTBEAT_EVERY_MS, lifetime);
  }
}
