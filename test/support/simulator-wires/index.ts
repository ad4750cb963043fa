import { aevo } from "./aevo.ts";
import { apex } from "./apex.ts";
import { aster } from "./aster.ts";
import { backpack } from "./backpack.ts";
import { binance } from "./binance.ts";
import { bingx } from "./bingx.ts";
import { bitfinex } from "./bitfinex.ts";
import { bitget } from "./bitget.ts";
import { blofin } from "./blofin.ts";
import { btse } from "./btse.ts";
import { bybit } from "./bybit.ts";
import { cryptocom } from "./cryptocom.ts";
import { deepcoin } from "./deepcoin.ts";
import { delta } from "./delta.ts";
import { deribit } from "./deribit.ts";
import { drift } from "./drift.ts";
import { dydx } from "./dydx.ts";
import { edgex } from "./edgex.ts";
import { extended } from "./extended.ts";
import { gate } from "./gate.ts";
import { grvt } from "./grvt.ts";
import { hashkey } from "./hashkey.ts";
import { hibachi } from "./hibachi.ts";
import { htx } from "./htx.ts";
import { hyperliquid } from "./hyperliquid.ts";
import { kraken } from "./kraken.ts";
import { kucoin } from "./kucoin.ts";
import { lbank } from "./lbank.ts";
import { lighter } from "./lighter.ts";
import { mexc } from "./mexc.ts";
import { okx } from "./okx.ts";
import { orderly } from "./orderly.ts";
import { pacifica } from "./pacifica.ts";
import { paradex } from "./paradex.ts";
import { phemex } from "./phemex.ts";
import { poloniex } from "./poloniex.ts";
import { toobit } from "./toobit.ts";
import { weex } from "./weex.ts";
import { whitebit } from "./whitebit.ts";
import { woox } from "./woox.ts";
import { xt } from "./xt.ts";
import type { DemoWire } from "./wire.ts";

/** Every wire, in the order of the simulator's list of exchanges. */
export const DEMO_WIRES: readonly DemoWire[] = [
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
];
