import { z } from "zod";
import type { ExchangeHttp, Load } from "./exchange.ts";
import { decodeRows, joinedRows, type Rows } from "./wire-rows.ts";
import { anyValue, badEnvelope, decodeEnvelope, nonEmpty, numeric, word } from "./wire.ts";

/** Payloads of Delta Exchange: the same on both platforms; `host` selects one. */

/** The requested contract type. */
export const PERPETUAL = "perpetual_futures";

/** A page holds up to 3000 products; all kinds of contract of one platform are a few thousand. */
const MAX_PAGES = 5;

const symbol = nonEmpty;
const asset = z.object({ symbol: word }).nullish().catch(null);
const tickerRow = z.object({
  symbol,
  contract_type: word,
  funding_rate: numeric,
  mark_price: numeric,
  spot_price: numeric,
  oi_contracts: numeric,
  oi_value_usd: numeric,
  turnover_usd: numeric,
  timestamp: numeric,
});
export type TickerRow = z.infer<typeof tickerRow>;

const productRow = z.object({
  symbol,
  contract_type: word,
  state: word,
  trading_status: word,
  notional_type: word,
  is_quanto: z.boolean().nullish().catch(null),
  underlying_asset: asset,
  quoting_asset: asset,
  settling_asset: asset,
  contract_unit_currency: word,
  launch_time: word,
  annualized_funding: numeric,
  product_specs: z.object({ rate_exchange_interval: numeric }).nullish().catch(null),
});
export type ProductRow = z.infer<typeof productRow>;

const envelope = z.object({
  success: anyValue,
  result: anyValue,
  meta: z.object({ after: word }).nullish().catch(null),
});

/** Contracts of the global platform are settled in USDT (BTCUSDT), those of India in USD (BTCUSD). */
export const isGlobal = (exchangeSymbol: string): boolean => exchangeSymbol.endsWith("USDT");

/** The platform of a contract. */
export const hostOf = (exchangeSymbol: string): string =>
  isGlobal(exchangeSymbol) ? "global" : "main";

/** What a reply is about. Throws RequestFailure unless it says that it is a success. */
export function resultOf(body: unknown): unknown {
  const { success, result } = decodeEnvelope(envelope, body);
  if (success !== true) throw badEnvelope("success is not true");
  return result;
}

function decodePage<S extends z.ZodType>(
  row: S,
  mayBeEmpty = false,
): (body: unknown) => Rows<z.output<S>> & { readonly after: string | null } {
  return (body) => {
    const result = resultOf(body);
    const { meta } = decodeEnvelope(envelope, body);
    const isEmpty = mayBeEmpty && Array.isArray(result) && result.length === 0;
    const read = isEmpty ? { rows: [], rejects: [] } : decodeRows(row, result, "symbol");
    return { ...read, after: isEmpty ? null : (meta?.after ?? null) };
  };
}

/** The tickers of all perpetuals; the rate is among them, in percent. */
export const loadTickers =
  (host: string): Load<Rows<TickerRow>> =>
  (http) =>
    http.get(`/v2/tickers?contract_types=${PERPETUAL}`, decodePage(tickerRow), host);

/** The products of all pages read. */
export interface Products extends Rows<ProductRow> {
  /** Whether there are more pages than `MAX_PAGES`. */
  readonly isCut: boolean;
}

/** Reads all pages of the product list; an empty page after the first one ends it. */
export const loadProducts =
  (host: string): Load<Products> =>
  (http) =>
    allPages(http, host);

async function allPages(http: ExchangeHttp, host: string): Promise<Products> {
  const pages: Rows<ProductRow>[] = [];
  let after: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const cursor: string = after === null ? "" : `&after=${encodeURIComponent(after)}`;
    const path = `/v2/products?contract_types=${PERPETUAL}${cursor}`;
    const reply = await http.get(path, decodePage(productRow, page > 0), host);
    pages.push(reply);
    after = reply.after;
    if (after === null || after === "") break;
  }
  const isCut = after !== null && after !== "";
  return { ...joinedRows(pages, (row) => row.symbol), isCut };
}
