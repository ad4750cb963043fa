import { describe, expect, test } from "bun:test";
import { httpShared } from "../../src/collector/collector.ts";
import { ExchangeRequests } from "../../src/collector/exchange-http.ts";
import { ExchangeSource } from "../../src/collector/source.ts";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { Snapshot } from "../../src/domain/market.ts";
import type { Load } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { type ExchangeLab, exchangeLab } from "../support/exchange-lab.ts";
import { partFor } from "../support/part-of-market.ts";
import { NOON_MS } from "../support/quote.ts";
import { LONG_MS } from "../support/patience.ts";
import { asksOf } from "../support/simulator-source.ts";

const START_MS = NOON_MS + 17 * 60_000;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Real milliseconds. */
const LONGER_THAN_A_REFRESH_MS = 100;

/** An exchange, the name of an optional request, and a text that the request contains. */
type OptionalAsk = [id: ExchangeId, name: string, request: string];

const OPTIONAL: OptionalAsk[] = [];
for (const id of EXCHANGE_IDS) {
  const asks = await asksOf(id);
  for (const { kind, name, requests } of asks) {
    if (kind !== "secondary" && kind !== "intervals" && kind !== "rotation") continue;
    // One request of a rotation names its instrument.
    const request = (requests[0] ?? "").split(kind === "rotation" ? "?" : " ")[0] ?? "";
    const others = asks.filter((ask) => ask.name !== name).flatMap((ask) => ask.requests);
    if (!others.some((other) => other.includes(request))) OPTIONAL.push([id, name, request]);
  }
}

function requestsOf(lab: ExchangeLab, id: ExchangeId): number {
  return Object.entries(lab.simulator.market.requests())
    .filter(([key]) => key.startsWith(`${id} `))
    .reduce((sum, [, count]) => sum + count, 0);
}

/** How many rows of an exchange have each field. */
function knownIn({ rows }: Snapshot): Readonly<Record<string, number>> {
  const known: Record<string, number> = {};
  for (const { record } of rows) {
    for (const [field, value] of Object.entries(record)) {
      if (value !== null) known[field] = (known[field] ?? 0) + 1;
    }
  }
  return known;
}

const labOf = (id: ExchangeId): ExchangeLab => exchangeLab([id], START_MS, "whole", partFor(id));

async function knownWhile(
  [id, _name, paths]: OptionalAsk,
  fault: "http403" | "http500",
): Promise<Readonly<Record<string, number>>> {
  using lab = labOf(id);
  lab.simulator.market.freeze();
  lab.simulator.market.setFault(id, { name: fault, paths });
  expect((await lab.cycle(id)).outcome.kind).toBe("accepted");
  // Within the time that the refused request is paused.
  await lab.clock.advance(30 * SECOND_MS);
  expect((await lab.cycle(id)).outcome.kind).toBe("accepted");
  return knownIn(await lab.snapshot());
}

describe("a firewall's refusal of one optional request", () => {
  test("is possible on most exchanges", () => {
    expect(new Set(OPTIONAL.map(([id]) => id)).size).toBeGreaterThan(20);
  });

  test.each(OPTIONAL)(
    "%s %s: affects no other field than its failure does",
    async (id, name, paths) => {
      const ask: OptionalAsk = [id, name, paths];
      expect(await knownWhile(ask, "http403")).toEqual(await knownWhile(ask, "http500"));
    },
    LONG_MS,
  );
});

describe("a ban of everything", () => {
  // Each waits, to check that nothing happens: they wait at the same time.
  test.concurrent.each(OPTIONAL)(
    "%s %s gets it first: nothing at all is requested until it is over",
    async (id, _name, paths) => {
      using lab = labOf(id);
      lab.simulator.market.setFault(id, { name: "http418", paths, retryAfterSeconds: 60 });
      await lab.cycle(id);
      lab.simulator.market.clearFaults();
      const next = lab.cycle(id);
      await lab.clock.advance(MINUTE_MS - 1);
      // The clock is stopped: a refresh that waits for it does not end, however slow this machine is.
      const ended = next.then(() => "ended");
      expect(await Promise.race([ended, Bun.sleep(LONGER_THAN_A_REFRESH_MS)])).toBeUndefined();
      await lab.clock.advance(1);
      expect((await next).outcome).toMatchObject({ kind: "accepted", degradedBy: null });
    },
    LONG_MS,
  );

  test("requests waiting for a slot are not sent any more, including rates", async () => {
    using lab = labOf("aster");
    lab.simulator.market.setFault("aster", { name: "http418" });
    const requests = new ExchangeRequests(
      { ...EXCHANGES.aster.facts, pacing: { requests: 100, perMs: 1 } },
      httpShared({ clock: lab.clock, random: () => 0 }, lab.simulator.origin),
    );
    const { signal } = new AbortController();
    const { source, notes } = new ExchangeSource({
      requests,
      clock: lab.clock,
      rotationMode: "off",
      periodMs: MINUTE_MS,
      sweepMs: 0,
      deadline: true,
      lifetime: signal,
    }).cycle(signal);
    const load: Load<unknown> = (http) => http.get("/fapi/v3/ticker/24hr", (body) => body);
    const first = await Promise.all(["a", "b"].map((name) => source.secondary(name, load)));
    expect([first, requestsOf(lab, "aster")]).toEqual([[null, null], 2]);
    await expect(source.essential("rates", load)).rejects.toMatchObject({
      kind: "banned",
      retryAfterMs: MINUTE_MS,
    });
    expect(await source.secondary("c", load)).toBeNull();
    expect(requestsOf(lab, "aster")).toBe(2);
    expect(notes.failures.at(-1)).toBe(
      "c: banned: HTTP 418; left out while the exchange asks us to wait",
    );
  });
});
