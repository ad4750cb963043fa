import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { FundingList } from "../../src/http/api/funding/schema.ts";
import type { Health } from "../../src/http/api/health/schema.ts";
import { until } from "./service.ts";

/** The health report of a running service, whatever its status. */
export async function healthAt(origin: string): Promise<Health> {
  const response = await fetch(`${origin}/api/health`);
  return (await response.json()) as Health;
}

/** The whole list of a running service. */
export async function fundingAt(origin: string): Promise<FundingList> {
  const response = await fetch(`${origin}/api/funding/current`);
  return (await response.json()) as FundingList;
}

/** Waits until every exchange of `ids` is well and its rows are in the list that is served. */
export async function allShown(origin: string, ids: readonly ExchangeId[]): Promise<void> {
  let seen = "";
  await until(
    async () => {
      const { status, exchanges } = await healthAt(origin);
      seen = JSON.stringify({ status, exchanges });
      const well = exchanges.filter((one) => one.status === "ok");
      if (status !== "ok" || well.length !== ids.length) return false;
      const response = await fetch(`${origin}/api/funding/current`);
      if (response.status !== 200) return false;
      const { rows } = (await response.json()) as FundingList;
      return new Set(rows.map(({ exchange }) => exchange)).size === ids.length;
    },
    () => seen,
  );
}
