import { expect, test } from "bun:test";
import { hibachi } from "../../src/exchanges/hibachi.ts";
import { memorySource } from "../support/memory-source.ts";
import { type Exemption, mutationBreaches } from "../support/mutations.ts";
import {
  AT,
  CONTRACTS,
  GONE,
  INFO,
  info,
  INVENTORY,
  inventory,
  MARKETS,
} from "./hibachi-payloads.ts";

const LEGAL = "a large price or quantity cannot be told from a wrong one here";
const free = (
  at: string,
  mutations: Exemption["mutations"],
  fields: Exemption["fields"],
  why = LEGAL,
): Exemption => ({ at, mutations, fields, why });
const exemptions: readonly Exemption[] = [
  free("info.estimatedFundingRate", ["negative"], ["fundingRate"], "a rate may be negative"),
  free("info.markPrice", ["huge"], ["markPrice", "openInterestUsd"]),
  free("info.spotPrice", ["huge"], ["indexPrice"]),
  free("info.volume24h", ["huge"], ["volume24hUsd"]),
  free("info.openInterestQuantity", ["huge"], ["openInterestUsd"]),
  free("list.underlyingSymbol", ["NaN", "huge", "negative"], ["base", "multiplier"], "any name"),
];

test("hibachi: no single wrong value makes a wrong quote", async () => {
  const listOf =
    (key: string, part?: string) =>
    (body: unknown): readonly unknown[] => {
      const rows: unknown = Reflect.get(Object(body), key);
      if (!Array.isArray(rows)) return [];
      return part === undefined ? rows : rows.map((row) => Object(row)[part]);
    };
  // A closed market that lost its border looks like one that never closes: its status alone can tell, so none is here.
  const closed = new Set<unknown>([GONE, "SOON/USDT-P"]);
  const contracts = CONTRACTS.filter((row) => !closed.has(row["symbol"]));
  const breaches = await mutationBreaches({
    bodies: { [INFO]: info(contracts), [INVENTORY]: inventory(MARKETS.slice(0, 4)) },
    payloads: [
      { name: "list", request: INFO, rows: listOf("futureContracts") },
      { name: "contract", request: INVENTORY, rows: listOf("markets", "contract") },
      { name: "info", request: INVENTORY, rows: listOf("markets", "info") },
    ],
    refresh: async (bodies) =>
      hibachi.parse(await hibachi.fetchRaw(memorySource(bodies, { nowMs: AT }))),
    exemptions,
  });
  expect(breaches).toEqual([]);
});
