import { describe, expect, test } from "bun:test";
import type { Quote } from "../../src/domain/quote.ts";
import type { Refreshed } from "../../src/exchanges/exchange.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import {
  bodiesOf,
  changedBodies,
  mutatedAnswers,
  mutatedEnvelope,
  mutatedPayloads,
  perInstrumentOf,
  placeOf,
} from "./exchange-bodies.ts";
import type { Change, ExchangeDescription } from "./exchange-description.ts";
import { type Bodies, memorySource } from "./memory-source.ts";
import { mutationBreaches } from "./mutations.ts";
import { PATIENCE_MS } from "./patience.ts";
import { describeRecorded } from "./recorded.ts";
import { objectOf } from "./simulator.ts";

/** A quote of an exchange that publishes a rate and nothing else. */
const USUAL = {
  multiplier: 1,
  assetClass: null,
  accrual: "periodic",
  listedAtMs: null,
  predictedRate: null,
  instantRate: null,
  settledRate: null,
  settledAtMs: null,
  rateCap: null,
  rateFloor: null,
  baselineRate: null,
  settling: false,
  markPrice: null,
  indexPrice: null,
  openInterestUsd: null,
  volume24hUsd: null,
  exchangeTimeMs: null,
} as const satisfies Partial<Quote>;

/** What is requested once a minute is requested in every cycle. */
const CYCLE_MS = 60_000;

const DOWN = new RequestFailure("timeout", "no answer");

/** Tests an exchange as described. Whatever does not fit into a row of a table has separate tests. */
export function testExchange(description: ExchangeDescription): void {
  describe(description.exchange.facts.id, () => {
    testRequests(description);
    testQuotes(description);
    testChanges(description);
    testFailures(description);
    testClassified(description);
    testExplained(description);
    testMutations(description);
    testRecorded(description);
  });
}

/** Refreshes an exchange with its replies; those given by a test, by payload or by request, replace them. */
export function refreshOf(
  description: ExchangeDescription,
  others: Readonly<Record<string, unknown>> = {},
  atMs = description.nowMs,
): Promise<Refreshed> {
  const requestOf = new Map(description.payloads.map(({ name, request }) => [name, request]));
  const given = Object.entries(others).map(([key, body]) => [requestOf.get(key) ?? key, body]);
  const bodies = { ...bodiesOf(description), ...Object.fromEntries(given) };
  return description.exchange.refresh(sourceOf(description, bodies, atMs));
}

/** Requests for other instruments than the described ones fail, if each has a request of its own. */
function sourceOf(description: ExchangeDescription, bodies: Bodies, nowMs: number) {
  const isPerInstrument = perInstrumentOf(description).length > 0;
  const { otherwise = () => (isPerInstrument ? DOWN : undefined) } = description;
  return memorySource(bodies, { nowMs, otherwise: (request) => otherwise(request, bodies) });
}

function testRequests(description: ExchangeDescription): void {
  const { exchange, nowMs, payloads, atOnce = payloads.length } = description;
  const perInstrument = perInstrumentOf(description);

  test("requests its replies, each on its period, all concurrently", async () => {
    const source = memorySource(bodiesOf(description), { nowMs });
    await exchange.refresh(source);
    expect(source.asks).toEqual(
      [...payloads, ...perInstrument].map(({ kind, name, everyMs = null }) => ({
        kind,
        name,
        everyMs,
      })),
    );
    const once = payloads.map(({ request }) => request);
    expect(source.requests.slice(0, once.length)).toEqual(once);
    // Several calls for each instrument run concurrently.
    const inTurn = perInstrument.flatMap(({ requests }) => requests);
    const answered = source.requests.slice(once.length);
    if (perInstrument.length > 1) expect(answered.toSorted()).toEqual(inTurn.toSorted());
    else expect(answered).toEqual(inTurn);
    expect(source.maxPendingRequests()).toBe(atOnce);
    const everyCycle = payloads.filter(({ everyMs = 0 }) => everyMs <= CYCLE_MS);
    expect(exchange.facts.requestsPerRefresh).toBe(everyCycle.length);
    const swept = perInstrument.filter(({ kind }) => kind === "sweep");
    expect(exchange.facts.requestsPerInstrument ?? 0).toBe(swept.length);
  });
}

const symbolsOf = (quotes: readonly Partial<Quote>[]) => quotes.map((each) => each.exchangeSymbol);

function testQuotes(description: ExchangeDescription): void {
  const { nowMs, expected, unlisted, quotes: known } = description;

  test("the first instrument becomes a quote with every field in its unit", async () => {
    const batch = await refreshOf(description);
    expect({ ...batch, quotes: [], explain: null }).toEqual({
      quotes: [],
      rejects: [],
      expected,
      unlisted,
      explain: null,
    });
    expect<Partial<Quote> | undefined>(batch.quotes[0]).toEqual({
      ...USUAL,
      receivedAtMs: nowMs,
      ...known[0],
    });
  });

  test("these are shown, and no others", async () => {
    const { quotes } = await refreshOf(description);
    expect(symbolsOf(quotes)).toEqual(symbolsOf(known));
  });

  test.each(known.slice(1).map((quote) => [quote.exchangeSymbol, quote] as const))(
    "%s becomes a quote",
    async (symbol, quote) => {
      const { quotes } = await refreshOf(description);
      expect(quotes.find(({ exchangeSymbol }) => exchangeSymbol === symbol)).toMatchObject(quote);
    },
  );
}

function testChanges(description: ExchangeDescription): void {
  const { kindKeys = {}, changes, nowMs } = description;
  const withoutKind = Object.entries(kindKeys).flatMap(([payload, keys]) =>
    keys.split(" ").map((key): Change => [`no ${key}`, { [`${payload}.${key}`]: null }, "bad_row"]),
  );

  const cases = [...withoutKind, ...changes].map(
    ([title, changed, outcome, atMs]) =>
      [title, typeof outcome === "string" ? outcome : "shown", { changed, outcome, atMs }] as const,
  );
  test.each(cases)(
    "%s: %s, and nothing else changes",
    async (_title, _outcome, { changed, outcome, atMs = nowMs }) => {
      const intact = await refreshOf(description, {}, atMs);
      const batch = await refreshOf(description, changedBodies(description, changed), atMs);
      const [first = USUAL, ...others] = intact.quotes;
      const isShown = typeof outcome === "object";
      expect(batch.quotes.slice(isShown ? 1 : 0)).toEqual(others);
      if (isShown) expect<Partial<Quote> | undefined>(batch.quotes[0]).toMatchObject(outcome);
      const [exchangeSymbol] = symbolsOf([first]);
      const isRefused = !isShown && outcome !== "not shown";
      expect(batch.rejects).toMatchObject(isRefused ? [{ exchangeSymbol, reason: outcome }] : []);
      // One that the list does not call live is not missing.
      const isOfList = Object.keys(changed).some(
        (changedAt) => placeOf(description, changedAt).payload.kind === "instruments",
      );
      const isListed = isShown || !isOfList;
      expect(batch.expected).toBe(
        intact.expected === null ? null : intact.expected - (isListed ? 0 : 1),
      );
      expect(batch.unlisted).toBe(intact.unlisted);
    },
  );
}

function testFailures(description: ExchangeDescription): void {
  const { payloads, failures } = description;
  const swept = new Map(
    perInstrumentOf(description).flatMap(({ kind, name, requests }) =>
      kind === "sweep" ? [[name, requests] as const] : [],
    ),
  );
  const needed = payloads.flatMap((payload) => ("lost" in payload ? [] : [payload.name]));
  needed.push(...swept.keys());
  const refreshWith = (name: string, body: unknown): Promise<Refreshed> => {
    const places = swept.get(name) ?? [name];
    return refreshOf(description, Object.fromEntries(places.map((place) => [place, body])));
  };

  test.each(needed)("%s failing fails the refresh", async (name) => {
    await expect(refreshWith(name, DOWN)).rejects.toBe(DOWN);
  });

  const firstRequests = [...swept.values()].map(([request = ""]) => request);
  test.each(firstRequests)("%s failing affects only its instrument", async (request) => {
    const intact = await refreshOf(description);
    const { quotes, rejects, expected } = await refreshOf(description, { [request]: DOWN });
    expect(quotes).toEqual(intact.quotes.slice(1));
    expect({ rejects, expected }).toEqual({ rejects: [], expected: intact.expected });
  });

  test.each(payloads.flatMap((each) => ("lost" in each ? [[each.name, each] as const] : [])))(
    "%s failing affects only its own fields",
    async (name, { lost, lists = [], expected = description.expected }) => {
      const intact = await refreshOf(description);
      const batch = await refreshOf(description, { [name]: DOWN });
      const [first] = intact.quotes;
      expect<Partial<Quote> | undefined>(batch.quotes[0]).toEqual({ ...first, ...lost });
      expect(symbolsOf(batch.quotes)).toEqual(
        symbolsOf(intact.quotes).filter((symbol) => !lists.includes(String(symbol))),
      );
      expect(batch).toMatchObject({ rejects: [], expected });
    },
  );

  const cases = failures.flatMap(([title, body, kind, payload]) =>
    (payload === undefined ? needed : [payload]).map((name) => [title, name, kind, body] as const),
  );
  test.each(cases)("%s for %s fails the refresh as %s", async (_title, name, kind, body) => {
    const failure = refreshWith(name, body);
    await expect(failure).rejects.toBeInstanceOf(RequestFailure);
    await expect(failure).rejects.toMatchObject({ kind });
  });
}

function testClassified({ exchange, classified = [] }: ExchangeDescription): void {
  test.each(classified)("HTTP %p with %s is classified as %p", (status, body, kind) => {
    expect(exchange.facts.classifyFailure?.(status, body)).toBe(kind);
  });
}

function testExplained(description: ExchangeDescription): void {
  const { quotes, explained } = description;

  test("a rate is explained by its rows as received; a symbol that is not shown is not", async () => {
    const { explain } = await refreshOf(description);
    const { formula, rows, unknown, isWhole = false } = explained;
    const origin = explain(String(quotes[0].exchangeSymbol))?.origin;
    expect(origin).toMatchObject({ formula, rows });
    if (isWhole) expect(origin?.rows).toEqual(rows);
    expect(explain(unknown)).toBeNull();
  });
}

function testMutations(description: ExchangeDescription): void {
  const { nowMs, exchange, payloads, exemptions, unmutated = [] } = description;
  const isMutated = (row: unknown): boolean =>
    !Object.values(objectOf(row)).some((value) => unmutated.some((name) => name === value));

  test(
    "no single wrong value leads to a wrong quote",
    async () => {
      const breaches = await mutationBreaches({
        bodies: bodiesOf(description),
        payloads: [
          ...payloads.flatMap(mutatedPayloads),
          ...payloads.flatMap(mutatedEnvelope),
          ...perInstrumentOf(description).flatMap(mutatedAnswers),
        ].map((payload) => ({
          ...payload,
          rows: (body: unknown) => payload.rows(body).filter(isMutated),
        })),
        refresh: (bodies) => exchange.refresh(sourceOf(description, bodies, nowMs)),
        exemptions,
      });
      expect(breaches).toEqual([]);
    },
    PATIENCE_MS,
  );
}

function testRecorded(description: ExchangeDescription): void {
  const { exchange, recorded = [] } = description;
  if (recorded.length === 0) return;
  describeRecorded("recorded", (read) => {
    test.each(recorded.map((each) => [each.title, each] as const))("%s", async (_title, each) => {
      const { files, made, atMs, yields } = each;
      const bodies: Record<string, unknown> = { ...made };
      for (const [name, file] of Object.entries(files))
        bodies[name] = await read(exchange.facts.id, file);
      const refresh = refreshOf(description, bodies, atMs);
      if (typeof yields === "string") {
        await expect(refresh).rejects.toBeInstanceOf(RequestFailure);
        await expect(refresh).rejects.toMatchObject({ kind: yields });
      } else expect<object>(await refresh).toMatchObject(yields);
    });
  });
}
