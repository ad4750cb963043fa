import type { ExchangeName } from "../../src/simulator/listing.ts";
import type { Market } from "../../src/simulator/running-market.ts";
import { askJson, type DemoRequest, type Json, rowsAt } from "./simulator.ts";
import { DEMO_WIRES } from "./simulator-wires/index.ts";

/** The exchanges that the simulator's own tests use, one by one. */
export const FIRST = [
  "binance",
  "bybit",
  "okx",
  "bitget",
  "gate",
  "kucoin",
  "hyperliquid",
  "kraken",
] as const satisfies readonly ExchangeName[];

export type FirstName = (typeof FIRST)[number];

/** The request for an exchange's rates, where its rows are, and its names for their fields. */
export interface RatesPayload {
  readonly request: DemoRequest;
  readonly rowsPath: readonly (string | number)[];
  readonly rate: string;
  readonly prices: readonly string[];
  /** Fields with the time at which a row was made; none if the format has no such field. */
  readonly stamps: readonly string[];
}

/** As in the description of the exchange's wire. Throws if it is not there. */
export function ratesOf(exchange: FirstName): RatesPayload {
  const payload = DEMO_WIRES.find((wire) => wire.exchange === exchange)?.payloads.find(
    ({ rates }) => rates !== undefined,
  );
  if (payload?.rates === undefined || payload.rows === undefined)
    throw new Error(`the wire of ${exchange} does not say where its rates are`);
  return { request: payload.request, rowsPath: payload.rows, ...payload.rates };
}

/** The rows of an exchange's rates payload as currently served. */
export async function ratesRows(market: Market, exchange: FirstName): Promise<readonly Json[]> {
  const { request, rowsPath } = ratesOf(exchange);
  return rowsAt(await askJson(market, exchange, request), ...rowsPath);
}
