/** The numbers that decide whether a batch of an exchange is accepted; /docs/terms shows them. */

/** With less than this share of the expected instruments, a batch is refused as a whole. */
export const REFUSE_UNDER = 0.5;
/** With less than this share it is accepted and the exchange is degraded. */
export const DEGRADE_UNDER = 0.95;

/** With more than this share of unreadable rows a batch is refused: the rest is an arbitrary selection. */
export const REFUSE_REJECTS_OVER = 0.5;
/**
 * With more than this share it is degraded and does not show which instruments exist: unreadable rows may be listed
 * ones.
 */
export const DEGRADE_REJECTS_OVER = 0.05;

/** A size or scale that differs from the trusted one is accepted after this many similar batches … */
export const CONFIRMING_BATCHES = 10;
/** … over at least this long. */
export const CONFIRMING_MS = 30 * 60_000;

/** A list may have this many times the rows accepted before … */
export const ROWS_GROWTH = 4;
/** … and at least this many: the largest real list has 1,500. */
export const MIN_ROWS = 5_000;

/** No whole market moves by this factor between two batches; percent for fractions is 100, s for ms 1,000. */
export const MAX_SCALE = 20;
/** With fewer instruments a median is meaningless. */
export const MIN_COMPARED = 20;
