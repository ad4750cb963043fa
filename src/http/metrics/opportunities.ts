import { Gauge, type Registry } from "./prom-client.ts";
import type { OpportunityStats } from "../../domain/opportunity.ts";

/** Exports the statistics of tracked opportunities, read at each scrape. */
export function addOpportunityMetrics(registry: Registry, stats: () => OpportunityStats): void {
  const registers = [registry];
  new Gauge({
    name: "funding_opportunities",
    help: "Pairs whose age is followed; 0 in a process that does not collect.",
    registers,
    collect() {
      this.set(stats().pairs);
    },
  });
  new Gauge({
    name: "funding_opportunities_left_out",
    help: "Pairs and listings beyond the bounds of what is followed: their opportunities have no age.",
    labelNames: ["what"],
    registers,
    collect() {
      const { pairs, listings } = stats().leftOut;
      this.set({ what: "pairs" }, pairs);
      this.set({ what: "listings" }, listings);
    },
  });
}
