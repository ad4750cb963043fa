import { describe, expect, test } from "bun:test";
import { PayloadBudget, RecordedRefresh } from "../../src/collector/recorded-refresh.ts";
import type { ExchangeHttp, Source } from "../../src/exchanges/exchange.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";

/** Responds with it to each path; the paths in `gone` with a failure. Counts requests. */
function exchangeOf(gone: readonly string[] = []) {
  const requestedPaths: string[] = [];
  const answer = async <T>(path: string, decode: (body: unknown, text?: Uint8Array) => T) => {
    requestedPaths.push(path);
    await Bun.sleep(0);
    if (gone.includes(path)) throw new RequestFailure("http", "gone", { status: 404 });
    const text = new TextEncoder().encode(JSON.stringify({ path, turn: requestedPaths.length }));
    return decode(JSON.parse(new TextDecoder().decode(text)), text);
  };
  const http: ExchangeHttp = {
    get: answer,
    postRead: (path, body, decode) => answer(`${path} ${JSON.stringify(body)}`, decode),
  };
  let receivedAtMs = 0;
  const reply = async <T>(load: (from: ExchangeHttp) => Promise<T>) => {
    const value = await load(http);
    receivedAtMs += 1;
    return { value, receivedAtMs };
  };
  const orNull = <T>(request: Promise<T>) => request.catch(() => null);
  const source: Source = {
    nowMs: () => 1_000 + requestedPaths.length,
    essential: (_name, load) => reply(load),
    instruments: (_name, _everyMs, load) => reply(load),
    intervals: (_name, _everyMs, load) => orNull(reply(load)),
    secondary: (_name, load) => orNull(reply(load)),
    rotation: async (_name, keys, _ms, loadOne) =>
      new Map([[keys[0] ?? "", await reply((from) => loadOne(from, keys[0] ?? ""))]]),
    sweep: async (_name, keys, loadOne) =>
      new Map([[keys[0] ?? "", await reply((from) => loadOne(from, keys[0] ?? ""))]]),
  };
  return { requestedPaths, source };
}

const asIs = (body: unknown): unknown => body;

/** What an adapter makes of a refresh; replaying must give the same. */
type FetchRaw = (source: Source) => Promise<unknown>;

async function twice(fetchRaw: FetchRaw, gone: readonly string[] = []) {
  const { requestedPaths, source } = exchangeOf(gone);
  const refresh = new RecordedRefresh(new PayloadBudget());
  const first = await fetchRaw(refresh.recording(source));
  const requests = requestedPaths.length;
  const again = await fetchRaw(refresh.replaying());
  const third = await fetchRaw(refresh.replaying());
  expect(requestedPaths.length).toBe(requests);
  expect(third).toEqual(again);
  return { first, again, refresh };
}

describe("a recorded refresh replays identically, without a request", () => {
  test("for each kind of request, with the times at which replies came", async () => {
    const { first, again } = await twice(
      (source) =>
        Promise.all([
          source.essential("rates", (http) => http.get(`/rates?at=${source.nowMs()}`, asIs)),
          source.secondary("volumes", (http) => http.postRead("/volumes", { all: true }, asIs)),
          source.secondary("marks", (http) => http.get("/marks", asIs), 60_000),
          source.secondary("gone", (http) => http.get("/gone", asIs)),
          source.instruments("list", 60_000, (http) => http.get("/list", asIs)),
          source.intervals("intervals", 60_000, (http) => http.get("/gone", asIs)),
          source.rotation("interest", ["BTC"], 60_000, (http, key) => http.get(`/${key}`, asIs)),
          source.sweep("funding", ["ETH"], (http, key) => http.get(`/${key}`, asIs)),
          source.nowMs(),
        ]),
      ["/gone"],
    );
    const [rates, volumes, marks, gone, list, intervals] = first as unknown[];
    expect([rates, volumes, marks, list].every((reply) => reply !== null)).toBe(true);
    expect([gone, intervals]).toEqual([null, null]);
    // The time of the request is the first one of the refresh, whenever it is replayed.
    expect((again as unknown[]).slice(0, -1)).toEqual((first as unknown[]).slice(0, -1));
  });

  test("for pages, several concurrent requests, and one that replaces another", async () => {
    const { first, again } = await twice(
      (source) =>
        source.essential("rates", async (http) => {
          const pages = [await http.get("/page/1", asIs), await http.get("/page/2", asIs)];
          const parts = await Promise.all(["/a", "/b", "/c"].map((path) => http.get(path, asIs)));
          const old = await http.get("/old", asIs).catch(() => http.get("/new", asIs));
          return { pages, parts, old };
        }),
      ["/old"],
    );
    expect(JSON.stringify(first)).toContain("/new");
    expect(again).toEqual(first);
  });

  test("for a name that is requested twice", async () => {
    const { first, again } = await twice(async (source) => [
      await source.instruments("call", 0, (http) => http.get("/call", asIs)),
      await source.instruments("call", 0, (http) => http.get("/call", asIs)),
    ]);
    expect(again).toEqual(first);
    expect(new Set((first as unknown[]).map((reply) => JSON.stringify(reply))).size).toBe(2);
  });

  test("and nothing that was not requested", async () => {
    const { refresh } = await twice((source) =>
      source.essential("rates", (http) => http.get("/rates", asIs)),
    );
    const again = refresh.replaying();
    const other = again.essential("other", (http) => http.get("/rates", asIs));
    expect(await other.catch(() => "refused")).toBe("refused");
    const more = again.essential("rates", (http) =>
      http.get("/rates", asIs).then(() => http.get("/rates", asIs)),
    );
    expect(await more.catch(() => "refused")).toBe("refused");
  });
});
