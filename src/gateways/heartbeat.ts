import { RequestFailure } from "../lib/request-failure.ts";
import type { Secret } from "../lib/secret.ts";

/** Null: the call succeeded. Otherwise the reason, safe to log. */
export type BeatFailure = string | null;

/** Reports to an external monitor that this process is alive. */
export interface Heartbeat {
  /** One call. Never throws; ends within the caller's time-out. */
  beat(): Promise<BeatFailure>;
}

/**
 * Sends one GET within `timeoutMs` and returns whatever status it got.
 * Throws RequestFailure, whose message never contains the URL.
 */
export type GetStatus = (url: string, timeoutMs: number) => Promise<{ readonly status: number }>;

/** Well under the minute between two calls, so that two calls never overlap. */
const HEARTBEAT_TIMEOUT_MS = 10_000;

/** Calls `url` as a heartbeat; the path of such a URL is usually a token, so it is never part of a result. */
export function createHeartbeat(deps: {
  readonly url: Secret;
  readonly get: GetStatus;
}): Heartbeat {
  return {
    async beat() {
      try {
        const { status } = await deps.get(deps.url.reveal(), HEARTBEAT_TIMEOUT_MS);
        return status >= 200 && status < 300 ? null : `HTTP ${status}`;
      } catch (error) {
        // Any error but our own type may contain the URL, so it is not quoted.
        if (!(error instanceof RequestFailure)) return "the call failed unexpectedly";
        return error.status === null ? `${error.kind}: ${error.message}` : `HTTP ${error.status}`;
      }
    },
  };
}
