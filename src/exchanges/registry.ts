import type { ExchangeId } from "../domain/exchange.ts";
import { binance } from "./binance.ts";
import { bitget } from "./bitget.ts";
import { bybit } from "./bybit.ts";
import type { Exchange } from "./exchange.ts";
import { gate } from "./gate.ts";
import { hyperliquid } from "./hyperliquid.ts";
import { kraken } from "./kraken.ts";
import { kucoin } from "./kucoin.ts";
import { okx } from "./okx.ts";

/** Every exchange, by id. A new id without an adapter does not compile. */
export const EXCHANGES = {
  binance,
  bybit,
  okx,
  bitget,
  gate,
  kucoin,
  hyperliquid,
  kraken,
} satisfies Record<ExchangeId, Exchange>;
