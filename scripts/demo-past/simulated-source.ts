import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { Decode, ExchangeHttp, Load, Reply, Source } from "../../src/exchanges/exchange.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { handle } from "../../src/simulator/handler.ts";
import type { Market } from "../../src/simulator/running-market.ts";

/** What an adapter reads from a simulated market in this process: without sockets, pacing and caches. */
export function simulatedSource(market: Market, id: ExchangeId): Source {
  async function send<T>(
    path: string,
    body: unknown,
    decode: Decode<T>,
    host = "main",
  ): Promise<T> {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const name = host === "main" ? id : `${id}.${host}`;
    const reply = await handle(market, new Request(`http://simulator/${name}${path}`, init));
    const { ok, status } = reply;
    if (!ok) throw new RequestFailure("http", `${id} answers ${status} to ${path}`, { status });
    return decode(await reply.json());
  }
  const http: ExchangeHttp = {
    get: (path, decode, host) => send(path, undefined, decode, host),
    postRead: (path, body, decode, host) => send(path, body, decode, host),
  };
  async function load<T>(loader: Load<T>): Promise<Reply<T>> {
    return { value: await loader(http), receivedAtMs: market.nowMs() };
  }
  async function loadEach<T>(
    keys: readonly string[],
    loadOne: (http: ExchangeHttp, key: string) => Promise<T>,
  ): Promise<ReadonlyMap<string, Reply<T>>> {
    const replies = new Map<string, Reply<T>>();
    for (const key of keys)
      replies.set(key, { value: await loadOne(http, key), receivedAtMs: market.nowMs() });
    return replies;
  }
  return {
    nowMs: () => market.nowMs(),
    essential: (_, loader) => load(loader),
    instruments: (_name, _everyMs, loader) => load(loader),
    intervals: (_name, _everyMs, loader) => load(loader),
    secondary: (_, loader) => load(loader),
    rotation: (_name, keys, _rotationMs, loadOne) => loadEach(keys, loadOne),
    sweep: (_, keys, loadOne) => loadEach(keys, loadOne),
  };
}
