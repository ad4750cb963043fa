import { EXCHANGE_IDS, type ExchangeId, DISABLED_BY_DEFAULT } from "../../src/domain/exchange.ts";
import type { Exchange } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import type { FundingList } from "../../src/http/lists/funding-schema.ts";
import type { Health } from "../../src/http/api/health/schema.ts";
import type { QualityRow } from "../../src/http/api/quality/schema.ts";
import { until } from "./service.ts";

/** The exchanges that a service collects by default. */
export const ENABLED: readonly ExchangeId[] = EXCHANGE_IDS.filter(
  (id) => !DISABLED_BY_DEFAULT.includes(id),
);

/** Those of them whose rates come in bulk: they are complete a few seconds after a start. */
export const ENABLED_IN_BULK: readonly ExchangeId[] = Object.values<Exchange>(EXCHANGES)
  .filter(({ facts }) => facts.requestsPerInstrument === undefined)
  .map(({ facts }) => facts.id)
  .filter((id) => ENABLED.includes(id));

/** A handful that answer immediately: one or two of each group, one that is requested instrument by instrument. */
export const HANDFUL = [
  "binance",
  "okx",
  "kraken",
  "dydx",
  "poloniex",
] as const satisfies readonly ExchangeId[];

/** Few exchanges with many rows, for tests that need long answers and not many sources. */
export const LARGE = [
  "binance",
  "bybit",
  "bitget",
  "gate",
  "weex",
  "mexc",
  "lbank",
] as const satisfies readonly ExchangeId[];

/** A running service's answer at a path, as JSON; the caller checks the status. */
export async function answerOf<T>(origin: string, path: string): Promise<T> {
  const response = await fetch(origin + path);
  return (await response.json()) as T;
}

/** The health report of a running service, whatever its status. */
export function healthAt(origin: string): Promise<Health> {
  return answerOf(origin, "/api/health");
}

/** The whole list of a running service, or the part of it that a query selects. */
export function fundingAt(origin: string, query = ""): Promise<FundingList> {
  return answerOf(origin, `/api/funding/current${query}`);
}

/**
 * Waits until every exchange of `ids` is healthy and its rows are in the served snapshot; `patienceMs` bounds it.
 * `onHealthy` is called with each exchange once, when it is first seen healthy.
 */
export async function allShown(
  origin: string,
  ids: readonly ExchangeId[],
  options: { readonly patienceMs?: number; readonly onHealthy?: (id: ExchangeId) => void } = {},
): Promise<void> {
  const known = new Set<ExchangeId>();
  let seen = "";
  await until(
    async () => {
      const { status, exchanges } = await healthAt(origin);
      const well = exchanges.filter((one) => one.status === "ok").map((one) => one.exchange);
      for (const id of well.filter((one) => !known.has(one))) options.onHealthy?.(id);
      for (const id of well) known.add(id);
      seen = JSON.stringify({ status, exchanges: exchanges.filter((one) => one.status !== "ok") });
      if (status !== "ok" || well.length !== ids.length) return false;
      const response = await fetch(`${origin}/api/quality`);
      if (response.status !== 200) return false;
      const { rows } = (await response.json()) as { readonly rows: readonly QualityRow[] };
      const shown = new Set(rows.filter((row) => row.instruments > 0).map((row) => row.exchange));
      return ids.every((id) => shown.has(id));
    },
    () => seen,
    options.patienceMs,
  );
}
