import { RequestFailure } from "../lib/request-failure.ts";
import type { Secret } from "../lib/secret.ts";

/** Null: the call was answered well. Otherwise why not, safe to log. */
export type BeatFailure = string | null;

/** Tells somebody outside that this process lives. */
export interface Heartbeat {
  /** One call. Never throws; ends within the caller's time-out. */
  beat(): Promise<BeatFailure>;
}

/**
 * Sends one GET within `timeoutMs` and gives back whatever status came.
 * Throws RequestFailure, whose message never holds the URL.
 */
export type GetStatus = (url: string, timeoutMs: number) => Promise<{ readonly status: number }>;

/** Well under the minute between two calls, so that a slow receiver never holds two at once. */
const HEARTBEAT_TIMEOUT_MS = 10_000;

/** Calls `url` as a heartbeat; the path of such a URL is usually a token, so it appears in no result. */
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
        // Anything but our own failure type may carry the URL: it is not even quoted.
        if (!(error instanceof RequestFailure)) return "calling failed unexpectedly";
        return error.status === null ? `${error.kind}: ${error.message}` : `HTTP ${error.status}`;
      }
    },
  };
}
