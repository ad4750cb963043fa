/** A random number in [0, 1); injected so that tests control it. */
export type Random = () => number;

/**
 * How long to wait before retry `attempt` (0 is the first one): full jitter, i.e. uniform between 0 and
 * an exponentially growing bound. Source: "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 */
export function fullJitterMs(
  attempt: number,
  bounds: { readonly baseMs: number; readonly capMs: number },
  random: Random,
): number {
  return random() * Math.min(bounds.capMs, bounds.baseMs * 2 ** attempt);
}
