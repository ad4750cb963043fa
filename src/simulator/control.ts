import { ENCODERS } from "./encoders.ts";
import { FAULTS, isFaultName } from "./fault-names.ts";
import type { Fault } from "./faults.ts";
import { EXCHANGES, type ExchangeName, isExchangeName } from "./listing.ts";
import type { Market } from "./running-market.ts";

/** A command that cannot be executed: what is wrong, for its sender. */
class BadCommand extends Error {}

type Body = Readonly<Record<string, unknown>>;

/**
 * The control endpoint. GET: truth[?exchange=], requests, clock. POST with a JSON body: fault {exchange, fault,
 * paths?, times?, delay_ms?, retry_after_seconds?, field?}, clear {exchange?}, freeze, unfreeze, step {ms, exchange?},
 * interval {exchange, exchange_symbol, hours}, hole {exchange, exchange_symbol, slot_ms} (a payment missing from the
 * history), delist {exchange, exchange_symbol},
 * relist {exchange, exchange_symbol, listed_at_ms?}, reset (the counts).
 */
export async function controlReply(
  market: Market,
  request: Request,
  command: string,
  query: URLSearchParams,
): Promise<Response> {
  try {
    if (request.method === "GET") return Response.json(inspect(market, command, query));
    const text = await request.text();
    change(market, command, readBody(text));
    return Response.json({ ok: true, now_ms: market.nowMs() });
  } catch (error) {
    if (!(error instanceof BadCommand)) throw error;
    return Response.json({ ok: false, error: error.message }, { status: 400 });
  }
}

function inspect(market: Market, command: string, query: URLSearchParams): unknown {
  switch (command) {
    case "truth": {
      const wanted = query.get("exchange");
      const ids = wanted === null ? EXCHANGES : [exchangeOf({ exchange: wanted })];
      return Object.fromEntries(ids.map((id) => [id, market.truth(id)]));
    }
    case "requests":
      return market.requests();
    case "clock":
      return { now_ms: market.nowMs() };
    default:
      throw new BadCommand(`nothing to see at ${command}`);
  }
}

function change(market: Market, command: string, body: Body): void {
  switch (command) {
    case "fault":
      return market.setFault(exchangeOf(body), faultOf(body, exchangeOf(body)));
    case "clear":
      return market.clearFaults(body["exchange"] === undefined ? undefined : exchangeOf(body));
    case "freeze":
      return market.freeze();
    case "unfreeze":
      return market.unfreeze();
    case "step":
      return market.step(
        numberOf(body, "ms"),
        body["exchange"] === undefined ? undefined : exchangeOf(body),
      );
    case "interval":
      return found(
        market.setInterval(exchangeOf(body), symbolOf(body), positiveOf(body, "hours")),
        body,
      );
    case "hole":
      return found(
        market.makeHole(exchangeOf(body), symbolOf(body), positiveOf(body, "slot_ms")),
        body,
      );
    case "delist":
      return found(market.delist(exchangeOf(body), symbolOf(body)), body);
    case "relist":
      return found(market.relist(exchangeOf(body), symbolOf(body), listedAtOf(body)), body);
    case "reset":
      return market.resetRequests();
    default:
      throw new BadCommand(`no command ${command}`);
  }
}

function readBody(text: string): Body {
  if (text === "") return {};
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  } catch {
    // Reported below, like a body with another shape.
  }
  throw new BadCommand("the body must be a JSON object");
}

function faultOf(body: Body, exchange: ExchangeName): Fault {
  const name = body["fault"];
  if (typeof name !== "string" || !isFaultName(name)) {
    throw new BadCommand(`fault must be one of ${FAULTS.join(", ")}`);
  }
  const reason = ENCODERS[exchange].exceptions?.[name];
  if (reason !== undefined) throw new BadCommand(`${name} cannot happen to ${exchange}: ${reason}`);
  return {
    name,
    ...(body["paths"] === undefined ? {} : { paths: String(body["paths"]) }),
    ...(body["field"] === undefined ? {} : { field: String(body["field"]) }),
    ...(body["times"] === undefined ? {} : { times: positiveOf(body, "times") }),
    ...(body["delay_ms"] === undefined ? {} : { delayMs: positiveOf(body, "delay_ms") }),
    ...(body["retry_after_seconds"] === undefined
      ? {}
      : { retryAfterSeconds: positiveOf(body, "retry_after_seconds") }),
  };
}

function exchangeOf(body: Body): ExchangeName {
  const id = body["exchange"];
  if (typeof id === "string" && isExchangeName(id)) return id;
  throw new BadCommand(`exchange must be one of ${EXCHANGES.join(", ")}`);
}

function symbolOf(body: Body): string {
  const symbol = body["exchange_symbol"];
  if (typeof symbol === "string") return symbol;
  throw new BadCommand("exchange_symbol must be a text");
}

function numberOf(body: Body, name: string): number {
  const value = body[name];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new BadCommand(`${name} must be a number`);
}

function positiveOf(body: Body, name: string): number {
  const value = numberOf(body, name);
  if (value > 0) return value;
  throw new BadCommand(`${name} must be more than 0`);
}

/** An instrument's listing time: now unless the command states it. */
function listedAtOf(body: Body): number | undefined {
  return body["listed_at_ms"] === undefined ? undefined : numberOf(body, "listed_at_ms");
}

function found(known: boolean, body: Body): void {
  if (!known) throw new BadCommand(`no instrument ${symbolOf(body)}`);
}
