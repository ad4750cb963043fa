import { EXCHANGE_IDS, isExchangeId } from "../../domain/exchange.ts";
import type { Snapshot } from "../../domain/market.ts";
import { didYouMean } from "../protocol/nearest.ts";
import { ApiError, asSentence } from "../protocol/problem.ts";
import { echo } from "../protocol/query-text.ts";

/** The problem for a symbol that an exchange does not list now, with the nearest one that it does. */
export function unknownSymbol(snapshot: Snapshot, exchange: string, symbol: string): ApiError {
  const near = didYouMean(symbol, symbolsOf(snapshot, exchange));
  return unknown(`${exchange} does not list ${echo(symbol)} now${near}`);
}

/** The same for exchange:symbol or a whole uid. */
export function unknownUid(snapshot: Snapshot, uid: string): ApiError {
  const [first = "", symbol = ""] = uid.split(":");
  const exchange = first.toLowerCase();
  const text = `No listing has the uid ${echo(uid)} now`;
  if (isExchangeId(exchange)) {
    const names = symbolsOf(snapshot, exchange).map((name) => `${exchange}:${name}`);
    return unknown(text + didYouMean(`${exchange}:${symbol}`, names));
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
