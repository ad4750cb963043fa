import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { HealthReport } from "../../../services/board/health.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import type { Readiness } from "../../../services/board/readiness.ts";
import { freshJsonResponse, freshResponse } from "../../lists/content.ts";
import { freshJson, freshText, problems } from "../../openapi/document.ts";
import type { AppEnv } from "../../protocol/request-context.ts";
import { documented } from "../../protocol/routing.ts";
import { HealthSchema, type Health } from "./schema.ts";

const TEXT_TYPE = "text/plain; charset=utf-8";

const healthRoute = createRoute({
  method: "get",
  path: "/api/health",
  operationId: "getHealth",
  tags: ["Service"],
  summary: "Health: how fresh the data is",
  description:
    "Computed for every request, from the clock; never cached. Like all probes it ignores query parameters.",
  responses: {
    200: freshJson(HealthSchema, "The service is ok or degraded."),
    503: freshJson(HealthSchema, "The service is down: the data must not be relied on."),
    ...problems<never>(),
  },
});

const liveRoute = createRoute({
  method: "get",
  path: "/livez",
  operationId: "getLiveness",
  tags: ["Service"],
  summary: "Liveness: whether the process answers",
  description: "For supervisors that restart a hung process: nothing else is checked.",
  responses: { 200: freshText("It does.", "ok"), ...problems<never>() },
});

const readyRoute = createRoute({
  method: "get",
  path: "/readyz",
  operationId: "getReadiness",
  tags: ["Service"],
  summary: "Readiness: whether the start is complete",
  description:
    "Ready when there is data and each enabled exchange has a batch that is not stale, or has answered or failed since the start, or 20 seconds have passed. Lists are answered before that with the data available.",
  responses: {
    200: freshText("It is.", "ok"),
    503: freshText("It is not: what is waited for, in words.", "starting: waiting for okx, gate"),
    ...problems<never>(),
  },
});

const metricsRoute = createRoute({
  method: "get",
  path: "/metrics",
  operationId: "getMetrics",
  tags: ["Service"],
  summary: "Metrics in the Prometheus text format",
  description: "Computed for every request. The text describes each metric.",
  responses: { 200: freshText("All metrics.", "funding_up 1"), ...problems<never>() },
});

export function addHealthRoutes(
  app: OpenAPIHono<AppEnv>,
  deps: {
    readonly health: () => HealthReport;
    readonly readiness: Readiness;
    readonly metrics: Metrics;
  },
): void {
  app.openapi(healthRoute, (c) => {
    const report = deps.health();
    const { requestId } = c.env;
    const status = report.status === "down" ? 503 : 200;
    return documented(healthRoute, freshJsonResponse(healthOf(report), { status, requestId }));
  });
  app.openapi(liveRoute, (c) => documented(liveRoute, text("ok\n", 200, c.env.requestId)));
  app.openapi(readyRoute, (c) => {
    const awaited = deps.readiness();
    const { requestId } = c.env;
    if (awaited === null) return documented(readyRoute, text("ok\n", 200, requestId));
    return documented(readyRoute, text(`starting: waiting for ${awaited}\n`, 503, requestId));
  });
  app.openapi(metricsRoute, async (c) => {
    const { requestId } = c.env;
    const of = { contentType: deps.metrics.contentType, status: 200, requestId };
    return documented(metricsRoute, freshResponse(await deps.metrics.scrape(), of));
  });
}

function text(body: string, status: number, requestId: string) {
  return freshResponse(body, { contentType: TEXT_TYPE, status, requestId });
}

function healthOf(report: HealthReport): Health {
  return {
    status: report.status,
    data_age_seconds: report.dataAgeSeconds,
    stale_threshold_seconds: report.staleThresholdSeconds,
    collector_alive: report.collectorAlive,
    exchanges: report.exchanges.map((exchange) => ({
      exchange: exchange.exchange,
      instruments: exchange.symbols,
      data_age_seconds: exchange.ageSeconds,
      status: exchange.status,
      reason: exchange.lastError,
    })),
    enabled_exchanges: report.enabledExchanges,
    fresh_exchanges: report.freshExchanges,
    stale_exchanges: [...report.staleExchanges],
    instruments: report.totalRows,
  };
}
