/** Digits of a percentage: any decimal with at most this many digits survives the round trip through a double. */
const DIGITS = 15;

/** Beyond this distance from a whole number the error of the product may change the rounding direction. */
const CLEAR_OF_HALF = 0.375;

/**
 * A percentage to 15 significant digits: 10.95, not the 10.950000000000001 of binary arithmetic. Every computed
 * percentage goes through here, so that filters, sorting, pages and all formats use the same figure.
 */
export function roundPct(pct: number): number {
  if (pct === 0) return 0;
  const size = Math.abs(pct);
  const scale = scaleOf(size);
  const scaled = size * scale;
  const whole = Math.round(scaled);
  // Converting via a string takes ten times as long.
  if (!(Math.abs(scaled - whole) <= CLEAR_OF_HALF)) return Number(pct.toPrecision(DIGITS));
  // Both are exact, so that their quotient is the double closest to the decimal.
  return pct < 0 ? -whole / scale : whole / scale;
}

/** The power of ten that gives a number 15 digits before the point; NaN if a double cannot hold it. */
function scaleOf(size: number): number {
  if (size >= 1) {
    if (size < 10) return 1e14;
    if (size < 100) return 1e13;
    if (size < 1e3) return 1e12;
    if (size < 1e4) return 1e11;
    if (size < 1e5) return 1e10;
    return size < 1e6 ? 1e9 : Number.NaN;
  }
  if (size >= 0.1) return 1e15;
  if (size >= 0.01) return 1e16;
  if (size >= 1e-3) return 1e17;
  if (size >= 1e-4) return 1e18;
  if (size >= 1e-5) return 1e19;
  if (size >= 1e-6) return 1e20;
  if (size >= 1e-7) return 1e21;
  return size >= 1e-8 ? 1e22 : Number.NaN;
}

/** roundPct for a percentage that may be unknown. */
export function roundKnownPct(pct: number | null): number | null {
  return pct === null ? null : roundPct(pct);
}
