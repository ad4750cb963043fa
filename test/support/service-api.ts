import type { FundingList } from "../../src/http/api/funding/schema.ts";
import type { Health } from "../../src/http/api/health/schema.ts";

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
