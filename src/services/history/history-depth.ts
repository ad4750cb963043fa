/**
 * How far back a caller may look: the only place that decides it. Everything that is stored, for every caller; null
 * means no limit, otherwise unix ms.
 */
function earliestVisibleMs(): number | null {
  return null;
}

/** The start of a range, not before what the caller may see. */
export function visibleFromMs(fromMs: number): number {
  return Math.max(fromMs, earliestVisibleMs() ?? fromMs);
}
