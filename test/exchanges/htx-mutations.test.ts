import { expect, test } from "bun:test";
import { htx } from "../../src/exchanges/htx.ts";
import { memorySource } from "../support/memory-source.ts";
import { type Exemption, mutationBreaches } from "../support/mutations.ts";
import { AT, BODIES, INDEX, INTEREST, LIST, RATES } from "./htx-payloads.ts";

const may = (
  where: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why: string,
): Exemption => ({ at: where, mutations, fields, why });
const LEGAL = "a large price or quantity cannot be told from a wrong one here";

test("htx: no single wrong value leads to a wrong quote", async () => {
  const rows = (body: unknown): readonly unknown[] => Object(body).data;
  const breaches = await mutationBreaches({
    bodies: BODIES,
    payloads: [
      { name: "rates", request: RATES, rows },
      { name: "index", request: INDEX, rows },
      { name: "interest", request: INTEREST, rows },
      { name: "list", request: LIST, rows },
    ],
    refresh: async (bodies) => htx.parse(await htx.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions: [
      may("rates.funding_rate", ["negative"], ["fundingRate"], "rates may be negative"),
      may("index.index_price", ["huge"], ["indexPrice"], LEGAL),
      may("interest.value", ["huge"], ["openInterestUsd"], LEGAL),
      may("interest.trade_turnover", ["huge"], ["volume24hUsd"], LEGAL),
    ],
  });
  expect(breaches).toEqual([]);
});
