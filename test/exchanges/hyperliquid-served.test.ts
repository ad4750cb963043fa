import { expect, test } from "bun:test";
import { flagNames } from "../../src/domain/flags.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { NOON_MS } from "../support/quote.ts";

const START_MS = NOON_MS + 17 * 60_000;
const CAP_PER_HOUR = 0.04;

/** The simulator's market without what would not help a test of hundreds of contracts. */
const PART = 0.3;

test("hyperliquid: a rate of 4 % an hour is flagged as at its cap, and no other one is", async () => {
  using lab = exchangeLab(["hyperliquid"], START_MS);
  await lab.cycle("hyperliquid");
  const { rows } = await lab.snapshot();
  const pinned = rows.filter(({ flags }) => flagNames(flags).includes("pinned_cap"));
  expect(pinned.length).toBeGreaterThan(0);
  expect(new Set(pinned.map(({ record }) => record.fundingRate))).toEqual(new Set([CAP_PER_HOUR]));
  expect(rows.filter(({ record }) => record.fundingRate === CAP_PER_HOUR)).toHaveLength(
    pinned.length,
  );
});

test("hyperliquid: annotations that fail from the start remove classes and degrade; an old list is used later", async () => {
  using lab = exchangeLab(["hyperliquid"], START_MS, "off", PART);
  const classless = async () =>
    (await lab.snapshot()).rows.filter(
      ({ record }) => record.exchangeSymbol.startsWith("xyz:") && record.assetClass === null,
    ).length;
  const fault = { name: "http500", paths: "perpConciseAnnotations" } as const;
  lab.simulator.market.setFault("hyperliquid", fault);
  expect((await lab.cycle("hyperliquid")).outcome).toMatchObject({
    kind: "accepted",
    degradedBy: expect.stringContaining("categories"),
  });
  expect(await classless()).toBeGreaterThan(0);
  lab.simulator.market.clearFaults();
  await lab.clock.advance(60_000);
  expect((await lab.cycle("hyperliquid")).outcome).toMatchObject({ degradedBy: null });
  expect(await classless()).toBe(0);
  lab.simulator.market.setFault("hyperliquid", fault);
  await lab.clock.advance(3_600_000);
  expect((await lab.cycle("hyperliquid")).outcome).toMatchObject({ kind: "accepted" });
  expect(await classless()).toBe(0);
});
