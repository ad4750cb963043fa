import { type Numeric, positiveOf, product, quantityOf } from "./wire.ts";

/** Prices within a day differ from the last one by at most this factor, otherwise the volume is unknown. */
const DAY_PRICE_FACTOR = 2;

/** The day's figures in one contract's ticker. */
interface Turnover {
  readonly instId: string;
  readonly last?: Numeric;
  readonly volCcy24h?: Numeric;
  readonly vol24h?: Numeric;
}

interface Sized {
  readonly exchangeSymbol: string;
  readonly contractSize: number | null;
}

/**
 * volCcy24h by symbol, if it is in dollars as one client says: volume x last price must match whether vol24h counts
 * contracts or coins, and the reply as a whole must not suggest coins, since a single row may match by chance.
 */
export function volumesOf(
  tickers: readonly Turnover[],
  listings: readonly Sized[],
): ReadonlyMap<string, number> {
  const sizeOf = new Map(listings.map((each) => [each.exchangeSymbol, each.contractSize]));
  const volumes = new Map<string, number>();
  let votesForDollars = 0;
  for (const row of tickers) {
    const size = sizeOf.get(row.instId);
    const turnover = quantityOf(row.volCcy24h);
    const volume = quantityOf(row.vol24h);
    if (size === undefined || turnover === null || volume === null) continue;
    const worth = product(volume, positiveOf(row.last));
    const isDollars = isNear(turnover, worth) || isNear(turnover, product(worth, size));
    const isCoins = isNear(turnover, volume) || isNear(turnover, product(volume, size));
    votesForDollars += Number(isDollars) - Number(isCoins);
    if (isDollars || (turnover === 0 && volume === 0)) volumes.set(row.instId, turnover);
  }
  return votesForDollars < 0 ? new Map() : volumes;
}

function isNear(turnover: number, worth: number | null): boolean {
  if (worth === null || worth === 0) return false;
  const ratio = turnover / worth;
  return ratio <= DAY_PRICE_FACTOR && ratio >= 1 / DAY_PRICE_FACTOR;
}
