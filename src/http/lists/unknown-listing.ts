import { EXCHANGE_IDS, isExchangeId } from "../../domain/exchange.ts";
import type { Snapshot } from "../../domain/market.ts";
import { didYouMean, nearestName } from "../../lib/nearest.ts";
import { ApiError, asSentence } from "../protocol/problem.ts";
import { echo } from "../protocol/query-text.ts";

/** The problem for a symbol that an exchange does not list now, with the nearest one that it does. */
export function unknownSymbol(snapshot: Snapshot, exchange: string, symbol: string): ApiError {
  const near = didYouMean(symbol, symbolsOf(snapshot, exchange));
  return unknown(`${exchange} does not list ${echo(symbol)} now${near}`);
}

/** The time in a whole uid. A symbol may contain colons as well. */
const FIRST_SEEN = /:\d+$/;

/** The same for exchange:symbol or a whole uid. */
export function unknownUid(snapshot: Snapshot, uid: string): ApiError {
  const [first = ""] = uid.split(":", 1);
  const exchange = first.toLowerCase();
  const text = `No listing has the uid ${echo(uid)} now`;
  if (isExchangeId(exchange)) {
    const symbol = uid.slice(first.length + 1).replace(FIRST_SEEN, "");
    // By the symbol alone: with the exchange before it any short symbol would be near.
    const near = nearestName(symbol, symbolsOf(snapshot, exchange));
    return unknown(text + (near === null ? "" : `; did you mean ${exchange}:${near}?`));
  }
  const near = didYouMean(exchange, EXCHANGE_IDS);
  return unknown(`${text}: it must begin with an exchange, as in binance:BTCUSDT${near}`);
}

function symbolsOf({ rows }: Snapshot, exchange: string): readonly string[] {
  return rows.flatMap(({ record }) =>
    record.exchange === exchange ? [record.exchangeSymbol] : [],
  );
}

function unknown(text: string): ApiError {
  return new ApiError("unknown_instrument", asSentence(text));
}
