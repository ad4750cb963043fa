import type { ExchangeName } from "../../src/simulator/listing.ts";
import type { Market } from "../../src/simulator/running-market.ts";
import { askJson, type DemoRequest, type Json, rowsAt } from "./simulator.ts";
import { DEMO_WIRES } from "./simulator-wires/index.ts";

/** The exchanges that the simulator's own tests are made on, one by one. */
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

/** The request for an exchange's rates, where its rows are, and the words it uses there. */
export interface RatesPayload {
  readonly request: DemoRequest;
  readonly rowsPath: readonly (string | number)[];
  readonly rate: string;
  readonly prices: readonly string[];
  /** Fields in which a row says when it was made; none where the format has no such field. */
  readonly stamps: readonly string[];
}

/** As the exchange's wire is described. Throws for one whose wire does not say it. */
export function ratesOf(exchange: FirstName): RatesPayload {
  const payload = DEMO_WIRES.find((wire) => wire.exchange === exchange)?.payloads.find(
    ({ rates }) => rates !== undefined,
  );
  if (payload?.rates === undefined || payload.rows === undefined)
    throw new Error(`the wire of ${exchange} does not say where its rates are`);
  return { request: payload.request, rowsPath: payload.rows, ...payload.rates };
}

/** The rows of an exchange's rates payload as they are served now. */
export async function ratesRows(market: Market, exchange: FirstName): Promise<readonly Json[]> {
  const { request, rowsPath } = ratesOf(exchange);
  return rowsAt(await askJson(market, exchange, request), ...rowsPath);
}
