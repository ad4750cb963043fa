import type { Decode, ExchangeHttp } from "../../src/exchanges/exchange.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { handle } from "../../src/simulator/handler.ts";
import type { Market } from "../../src/simulator/running-market.ts";

/** Requests of one exchange to a simulated market, without sockets, pacing or retries. */
export interface SimulatorHttp extends ExchangeHttp {
  /** Paths with queries, or `POST path body`, in order. */
  readonly requests: readonly string[];
}

export function simulatorHttp(market: Market, exchange: string): SimulatorHttp {
  const requests: string[] = [];
  const send = async <T>(
    path: string,
    decode: Decode<T>,
    host = "main",
    post?: unknown,
  ): Promise<T> => {
    const name = host === "main" ? exchange : `${exchange}.${host}`;
    const body = post === undefined ? {} : { method: "POST", body: JSON.stringify(post) };
    requests.push(post === undefined ? path : `POST ${path} ${JSON.stringify(post)}`);
    const response = await handle(market, new Request(`http://simulator/${name}${path}`, body));
    if (response.status === 429) throw new RequestFailure("rate_limited", "too many requests");
    if (!response.ok) throw new RequestFailure("http", `HTTP ${response.status}`);
    return decode(await response.json());
  };
  return {
    requests,
    get: (path, decode, host) => send(path, decode, host),
    postRead: (path, body, decode, host) => send(path, decode, host, body),
  };
}
