import type { Config } from "../config/config.ts";
import type { OpportunityStats } from "../domain/opportunity.ts";
import { EXCHANGE_FACTS } from "../services/board/exchange-facts.ts";
import { type AppDeps, createApp } from "../http/app.ts";
import { createMetrics, type Metrics } from "../http/metrics/metrics.ts";
import { type HttpServer, startServer } from "../http/server.ts";
import type { StreamHub } from "../http/stream/hub.ts";
import { systemClock } from "../lib/clock.ts";
import type { LogOutput } from "../lib/log-output.ts";

export function serve(
  config: Config,
  parts: Omit<AppDeps, "exchanges" | "clock" | "trustedProxies" | "publicUrl">,
): HttpServer {
  const app = createApp({
    ...parts,
    exchanges: Object.values(EXCHANGE_FACTS),
    clock: systemClock,
    trustedProxies: config.trustedProxies,
    publicUrl: config.publicUrl,
  });
  return startServer(app, config, parts.log);
}

export function metricsOf(
  output: LogOutput,
  streams: StreamHub,
  followed: { readonly stats: OpportunityStats },
  shown: Pick<Parameters<typeof createMetrics>[0], "board" | "health" | "databaseSizes" | "bases">,
): Metrics {
  return createMetrics({
    ...shown,
    clock: systemClock,
    streams: () => streams.stats(),
    opportunities: () => followed.stats,
    logLinesDropped: () => output.dropped,
  });
}
