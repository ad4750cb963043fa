/** The size of a position with two legs. US dollars. */
export interface PositionSize {
  /** Of each leg. */
  readonly notionalUsd: number;
  /** Margin of both legs together. */
  readonly capitalUsd: number;
  /** Notional of both legs over capital. */
  readonly leverage: number;
}

/** The size resulting from a capital for both legs or a notional of each: notional = capital x leverage / 2. */
export function positionSize(
  of: { readonly leverage: number } & (
    { readonly capitalUsd: number } | { readonly notionalUsd: number }
  ),
): PositionSize {
  const { leverage } = of;
  if ("capitalUsd" in of) {
    const { capitalUsd } = of;
    return { capitalUsd, leverage, notionalUsd: (capitalUsd * leverage) / 2 };
  }
  const { notionalUsd } = of;
  return { notionalUsd, leverage, capitalUsd: (2 * notionalUsd) / leverage };
}
