import type { FaultName } from "./fault-names.ts";

/** One fault as it was switched on. */
export interface Fault {
  readonly name: FaultName;
  /**
   * Only requests whose path and query (or POST body) hold this text; all when absent.
   * A request to a second host has its name and a colon before the path: "ua:/api/…".
   */
  readonly paths?: string;
  /** It ends by itself after this many requests. */
  readonly times?: number;
  /** slow: how long an answer takes. */
  readonly delayMs?: number;
  /** http429, http418: the Retry-After header; none when absent. */
  readonly retryAfterSeconds?: number;
  /** missing_field: the field of each row that is dropped; the funding rate when absent. */
  readonly field?: string;
}
