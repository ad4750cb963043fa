import { handle } from "../../src/simulator/handler.ts";
import type { Market } from "../../src/simulator/running-market.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Decode, ExchangeHttp, Load, Reply, Source } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import type { Ask } from "./memory-source.ts";
import { demoMarket } from "./simulator.ts";

/** One call with what it sent, each as a fault of the simulator is matched: host, path and query, body. */
export interface WiredAsk extends Ask {
  readonly requests: readonly string[];
}

export interface SimulatorSource extends Source {
  readonly asks: readonly WiredAsk[];
}

/** What changes between the simulator and the adapter: the requests to it, the bodies from it. */
export interface WireChange {
  readonly request: (text: string) => string;
  readonly reply: (text: string) => string;
}

const NO_CHANGE: WireChange = { request: (text) => text, reply: (text) => text };

/**
 * A source without caches, clock and sockets over the simulator: every call sends its requests, rotations all of
 * theirs.
 */
export function simulatorSource(
  market: Market,
  id: ExchangeId,
  change: WireChange = NO_CHANGE,
): SimulatorSource {
  const asks: WiredAsk[] = [];

  function clientOf(ask: Ask): ExchangeHttp {
    const requests: string[] = [];
    asks.push({ ...ask, requests });
    async function send<T>(
      path: string,
      body: unknown,
      decode: Decode<T>,
      host = "main",
    ): Promise<T> {
      const text = body === undefined ? "" : JSON.stringify(body);
      requests.push((host === "main" ? "" : `${host}:`) + path + text);
      const init = body === undefined ? {} : { method: "POST", body: change.request(text) };
      const name = host === "main" ? id : `${id}.${host}`;
      const url = `http://simulator/${name}${change.request(path)}`;
      const reply = await handle(market, new Request(url, init));
      const { ok, status } = reply;
      if (!ok) throw new RequestFailure("http", `${id} answers ${status} to ${path}`, { status });
      const sent: unknown = JSON.parse(change.reply(await reply.text()));
      return decode(sent);
    }
    return {
      get: (path, decode, host) => send(path, undefined, decode, host),
      postRead: (path, body, decode, host) => send(path, body, decode, host),
    };
  }

  async function load<T>(ask: Ask, loader: Load<T>): Promise<Reply<T>> {
    return { value: await loader(clientOf(ask)), receivedAtMs: market.nowMs() };
  }

  async function loadEach<T>(
    ask: Ask,
    keys: readonly string[],
    loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
  ): Promise<ReadonlyMap<string, Reply<T>>> {
    const http = clientOf(ask);
    const known = new Map<string, Reply<T>>();
    for (const key of keys) {
      known.set(key, { value: await loadOne(http, key), receivedAtMs: market.nowMs() });
    }
    return known;
  }

  return {
    nowMs: () => market.nowMs(),
    asks,
    essential: (name, loader) => load({ kind: "essential", name, everyMs: null }, loader),
    instruments: (name, everyMs, loader) => load({ kind: "instruments", name, everyMs }, loader),
    intervals: (name, everyMs, loader) => load({ kind: "intervals", name, everyMs }, loader),
    secondary: (name, loader, everyMs) =>
      load({ kind: "secondary", name, everyMs: everyMs ?? null }, loader),
    rotation: (name, keys, rotationMs, loadOne) =>
      loadEach({ kind: "rotation", name, everyMs: rotationMs }, keys, loadOne),
    sweep: (name, keys, loadOne) => loadEach({ kind: "sweep", name, everyMs: null }, keys, loadOne),
  };
}

/** What an exchange's adapter requests in a first refresh; a tenth of the market is enough to see it. */
export async function asksOf(id: ExchangeId): Promise<readonly WiredAsk[]> {
  const source = simulatorSource(demoMarket({ scale: 0.1 }), id);
  await EXCHANGES[id].refresh(source);
  return source.asks;
}
