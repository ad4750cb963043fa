/** Fewer instruments with open interest than this are not significant. */
export const MIN_COUNTED = 30;

/**
 * The share of even digits among the last digits (1 to 9) of the open interest of one exchange's instruments, as
 * published in whatever unit and step; trailing zeros are skipped. The sum of longs and shorts of a matched
 * book is an even number of steps, whose last digit is even in eight of nine (0.8 + 0.2 x 4/9 = 0.89); that of one side
 * is even in four of nine (0.44). Null if fewer than 30 instruments have open interest.
 */
export function evenShareOf(digits: readonly (number | null | undefined)[]): number | null {
  const known = digits.filter((digit) => digit !== null && digit !== undefined);
  if (known.length < MIN_COUNTED) return null;
  return known.filter((digit) => digit % 2 === 0).length / known.length;
}
