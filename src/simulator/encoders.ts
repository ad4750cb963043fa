import { aevo } from "./exchanges/aevo.ts";
import { apex } from "./exchanges/apex.ts";
import { aster } from "./exchanges/aster.ts";
import { backpack } from "./exchanges/backpack.ts";
import { binance } from "./exchanges/binance.ts";
import { bingx } from "./exchanges/bingx.ts";
import { bitfinex } from "./exchanges/bitfinex.ts";
import { bitget } from "./exchanges/bitget.ts";
import { blofin } from "./exchanges/blofin.ts";
import { btse } from "./exchanges/btse.ts";
import { bybit } from "./exchanges/bybit.ts";
import { cryptocom } from "./exchanges/cryptocom.ts";
import { deepcoin } from "./exchanges/deepcoin.ts";
import { delta } from "./exchanges/delta.ts";
import { deribit } from "./exchanges/deribit.ts";
import { drift } from "./exchanges/drift.ts";
import { dydx } from "./exchanges/dydx.ts";
import { edgex } from "./exchanges/edgex.ts";
import { extended } from "./exchanges/extended.ts";
import { gate } from "./exchanges/gate.ts";
import { grvt } from "./exchanges/grvt.ts";
import { hashkey } from "./exchanges/hashkey.ts";
import { hibachi } from "./exchanges/hibachi.ts";
import { htx } from "./exchanges/htx.ts";
import { hyperliquid } from "./exchanges/hyperliquid.ts";
import { kraken } from "./exchanges/kraken.ts";
import { kucoin } from "./exchanges/kucoin.ts";
import { lbank } from "./exchanges/lbank.ts";
import { lighter } from "./exchanges/lighter.ts";
import { mexc } from "./exchanges/mexc.ts";
import { okx } from "./exchanges/okx.ts";
import { orderly } from "./exchanges/orderly.ts";
import { pacifica } from "./exchanges/pacifica.ts";
import { paradex } from "./exchanges/paradex.ts";
import { phemex } from "./exchanges/phemex.ts";
import { poloniex } from "./exchanges/poloniex.ts";
import { toobit } from "./exchanges/toobit.ts";
import { weex } from "./exchanges/weex.ts";
import { whitebit } from "./exchanges/whitebit.ts";
import { woox } from "./exchanges/woox.ts";
import { xt } from "./exchanges/xt.ts";
import type { FaultName } from "./fault-names.ts";
import type { ExchangeName } from "./listing.ts";
import type { ExchangeEncoder } from "./wire.ts";

/** Every simulated exchange. */
export const ENCODERS: Readonly<Record<ExchangeName, ExchangeEncoder>> = {
  binance,
  bybit,
  okx,
  bitget,
  gate,
  kucoin,
  hyperliquid,
  kraken,
  mexc,
  htx,
  bingx,
  phemex,
  xt,
  whitebit,
  lbank,
  toobit,
  weex,
  woox,
  bitfinex,
  deribit,
  delta,
  btse,
  deepcoin,
  backpack,
  blofin,
  dydx,
  aster,
  lighter,
  paradex,
  orderly,
  extended,
  pacifica,
  apex,
  edgex,
  cryptocom,
  poloniex,
  grvt,
  hibachi,
  aevo,
  drift,
  hashkey,
};

/** Whether a fault can occur at an exchange at all. */
export function applies(exchange: ExchangeName, fault: FaultName): boolean {
  return ENCODERS[exchange].exceptions?.[fault] === undefined;
}
