import { type Numeric, positiveOf, product, quantityOf } from "./wire.ts";

/** Prices of a day lie within this factor of the last one, or the volume is left unknown. */
const DAY_PRICE_FACTOR = 2;

/** What a ticker says of one contract's day. */
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
 * volCcy24h by symbol, where it is dollars as one client says: volume x last price comes to the same, whether vol24h
 * counts contracts or coins, and the reply as a whole does not speak for coins, for a single row may fit by chance.
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
