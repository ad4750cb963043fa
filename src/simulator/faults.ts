import type { FaultName } from "./fault-names.ts";

/** One fault as switched on. */
export interface Fault {
  readonly name: FaultName;
  /**
   * Only requests whose path and query (or POST body) contain this text; all if absent. A request to a second host has
   * its name and a colon before the path: "ua:/api/…".
   */
  readonly paths?: string;
  /** It ends by itself after this many requests. */
  readonly times?: number;
  /** slow: the delay of a response. */
  readonly delayMs?: number;
  /** http429, http418: the Retry-After header; none if absent. */
  readonly retryAfterSeconds?: number;
  /** missing_field: the field removed from each row; the funding rate if absent. */
  readonly field?: string;
}
