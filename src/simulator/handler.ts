import { systemClock } from "../lib/clock.ts";
import { controlReply } from "./control.ts";
import type { Fault } from "./faults.ts";
import { deepJson, gzipBomb, hugeBody } from "./hostile-bodies.ts";
import { type ExchangeName, isExchangeName } from "./listing.ts";
import type { Market } from "./running-market.ts";
import type { WireRequest } from "./wire.ts";

const JSON_HEADERS = { "content-type": "application/json" };
const HTML_PAGE = "<!DOCTYPE html><html><body><h1>Under maintenance</h1></body></html>";

const DEFAULT_DELAY_MS = 300;

/** How much of a truncated response is sent. */
const TRUNCATED_SHARE = 0.6;

/** Responds to `/<exchange>[.<host>]/<path>` like that exchange, and to `/control/…`. */
export async function handle(market: Market, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const [, head = "", ...rest] = url.pathname.split("/");
  if (head === "control") return controlReply(market, request, rest.join("/"), url.searchParams);
  const [id = "", host = null] = head.split(".");
  if (!isExchangeName(id)) return new Response(`unknown exchange ${id}`, { status: 404 });
  const text = request.method === "POST" ? await request.text() : "";
  const path = `/${rest.join("/")}`;
  market.countRequest(id, path);
  const prefix = host === null ? "" : `${host}:`;
  const fault = market.faultOf(id, prefix + path + url.search + text);
  const query = url.searchParams;
  const { method, headers } = request;
  const wire: WireRequest = { method, host, path, query, headers, body: parsed(text) };
  const faulty = fault === null ? null : await faultReply(market, id, wire, fault, request.signal);
  return faulty ?? usualReply(market, id, wire, fault);
}

function usualReply(
  market: Market,
  exchange: ExchangeName,
  request: WireRequest,
  fault: Fault | null,
): Response {
  const reply = market.route(exchange, request);
  if (reply.type === "list") {
    return new Response(market.encode(exchange, reply, fault), { headers: JSON_HEADERS });
  }
  const { body, status } = reply;
  return typeof body === "string" ? new Response(body, { status }) : jsonReply(body, status);
}

/** The response that a fault produces itself; null if it only changes the usual one. */
async function faultReply(
  market: Market,
  exchange: ExchangeName,
  request: WireRequest,
  fault: Fault,
  signal: AbortSignal,
): Promise<Response | null> {
  const encoder = market.encoder(exchange);
  switch (fault.name) {
    case "slow":
      await systemClock.sleep(fault.delayMs ?? DEFAULT_DELAY_MS, signal);
      return null;
    case "hang":
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      return new Response(null, { status: 499 });
    case "http403":
      return new Response(HTML_PAGE, { status: 403, headers: { "content-type": "text/html" } });
    case "http429":
      return jsonReply(encoder.rateLimitBody, 429, retryAfter(fault));
    case "http418":
      return jsonReply(encoder.rateLimitBody, 418, retryAfter(fault));
    case "http451":
      return new Response(HTML_PAGE, { status: 451, headers: { "content-type": "text/html" } });
    case "http500":
      return new Response("Internal Server Error", { status: 500 });
    case "html":
      return new Response(HTML_PAGE, { headers: { "content-type": "text/html" } });
    case "huge_body":
      return new Response(hugeBody(), { headers: JSON_HEADERS });
    case "deep_json":
      return new Response(deepJson(), { headers: JSON_HEADERS });
    case "gzip_bomb": {
      const headers = { ...JSON_HEADERS, "content-encoding": "gzip" };
      return new Response(gzipBomb(), { headers });
    }
    case "error_envelope":
      return jsonReply(encoder.errorBody, 200);
    case "truncated_json": {
      const whole = await usualReply(market, exchange, request, null).text();
      return new Response(whole.slice(0, Math.floor(whole.length * TRUNCATED_SHARE)), {
        headers: JSON_HEADERS,
      });
    }
    case "empty_list":
    case "half_list":
    case "garbage_numbers":
    case "frozen_timestamps":
    case "missing_field":
    case "many_rows":
    case "scaled_rates":
      return null;
  }
}

function jsonReply(body: unknown, status: number, headers = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...JSON_HEADERS, ...headers } });
}

function retryAfter({ retryAfterSeconds }: Fault): Record<string, string> {
  return retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
