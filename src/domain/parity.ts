/** Fewer instruments with an open position than this say nothing. */
const LEAST_COUNTED = 30;

/** A number as exchanges write it; the last digit that is not 0 is read of it. */
const FIGURE = /^\d+(?:\.\d+)?$/;

/**
 * The share of even ones among the last digits of the open interest of one exchange's instruments, each as published,
 * in whatever unit and step it is counted: zeros at the end say nothing and are left out. The sum of longs and shorts of
 * a matched book is an even number of steps, whose last digit is even in eight of nine (0.8 + 0.2 x 4/9 = 0.89); that of
 * one side is even in four of nine (0.44). Null where fewer than 30 instruments have open interest.
 */
export function evenShareOf(
  published: readonly (string | number | null | undefined)[],
): number | null {
  const digits = published.flatMap((figure) => {
    const text = String(figure ?? "").trim();
    if (!FIGURE.test(text)) return [];
    const last = text.replace(".", "").replace(/0+$/, "").at(-1);
    return last === undefined ? [] : [Number(last)];
  });
  if (digits.length < LEAST_COUNTED) return null;
  return digits.filter((digit) => digit % 2 === 0).length / digits.length;
}
