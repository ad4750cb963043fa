import { describe, expect, test } from "bun:test";
import { flagBit } from "../../src/domain/flags.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { BoardRow, MarketRecord } from "../../src/domain/market.ts";
import { yieldToEventLoop } from "../../src/lib/event-loop.ts";
import type { TimeStep } from "../../src/lib/time-step.ts";
import { AssetGroups, type Leg } from "../../src/services/finder/asset-groups.ts";
import { rowOf, snapshotOf } from "../support/board.ts";

const unknown: Partial<MarketRecord> = { assetId: null, identity: "probable" };

const names = (legs: readonly Leg[]): string[] =>
  legs.map(({ row: { record }, identityKnown }) => {
    return `${record.exchange} ${record.base}${identityKnown ? "" : " ?"}`;
  });

/** The groups of rows: asset and name, then the trusted and the untrusted ones. */
function groups(rows: readonly BoardRow[]) {
  return new AssetGroups()
    .of(snapshotOf("1-1", rows))
    .map(({ assetId, base, trusted, refused }) => [
      `${assetId} ${base}`,
      names(trusted),
      names(refused),
    ]);
}

describe("a listing that was not matched by price", () => {
  test("is grouped with the asset that its ticker suggests, whichever row comes first", () => {
    expect(groups([rowOf("binance", "TON", unknown), rowOf("okx", "GRAM")])).toEqual([
      ["GRAM GRAM", ["okx GRAM"], ["binance TON ?"]],
    ]);
    expect(groups([rowOf("binance", "GRAM"), rowOf("okx", "TON", unknown)])).toEqual([
      ["GRAM GRAM", ["binance GRAM"], ["okx TON ?"]],
    ]);
  });

  test("is grouped with the asset of its own letters rather than that of its common name", () => {
    const rows = [
      rowOf("binance", "XAU"),
      rowOf("gate", "GOLD", { assetId: "GOLD", identity: "probable" }),
      rowOf("okx", "GOLD", unknown),
    ];
    expect(groups(rows)).toEqual([
      ["XAU XAU", ["binance XAU"], []],
      ["GOLD GOLD", ["gate GOLD"], ["okx GOLD ?"]],
    ]);
  });

  test("is grouped with the asset that another listing of its ticker belongs to", () => {
    const rows = [
      rowOf("binance", "CAT"),
      rowOf("gate", "CATSTOCK", { assetId: "CAT~2" }),
      rowOf("okx", "CATSTOCK", unknown),
    ];
    expect(groups(rows)).toEqual([
      ["CAT CAT", ["binance CAT"], []],
      ["CAT~2 CAT", ["gate CATSTOCK"], ["okx CATSTOCK ?"]],
    ]);
  });

  test("is alone under its ticker if there is no such asset", () => {
    const rows = [rowOf("binance", "TON", unknown), rowOf("gate", "TON", unknown)];
    expect(groups(rows)).toEqual([["TON TON", [], ["binance TON ?", "gate TON ?"]]]);
  });

  test("and one contradicted by prices are rejected in the order of the snapshot", () => {
    const rows = [
      rowOf("binance", "TON", { assetId: "TON", identity: "conflict" }),
      rowOf("bybit", "GRAM", {}, flagBit("stale")),
      rowOf("gate", "TON", unknown),
      rowOf("okx", "GRAM"),
    ];
    expect(groups(rows)).toEqual([
      ["GRAM GRAM", ["okx GRAM"], ["binance TON ?", "bybit GRAM", "gate TON ?"]],
    ]);
  });
});

describe("groups that are prepared in steps", () => {
  const BASES = 1_500;
  const exchanges: readonly ExchangeId[] = ["binance", "okx", "gate"];
  const rows = exchanges.flatMap((exchange) =>
    Array.from({ length: BASES }, (_, index) =>
      rowOf(exchange, `B${index}`, index % 7 === 0 ? unknown : {}),
    ),
  );
  const snapshot = snapshotOf("1-1", rows);
  const whole = new AssetGroups().of(snapshot);

  /** Records steps as they run. */
  function counted() {
    const steps: string[] = [];
    const timeStep: TimeStep = (work, step) => {
      steps.push(work);
      return step();
    };
    return { steps, timeStep };
  }

  test("equal those built in one step, and are then available without work", async () => {
    const prepared = new AssetGroups();
    const { steps, timeStep } = counted();
    await prepared.prepare(snapshot, timeStep);
    expect(steps).toEqual(["groups", "groups", "groups", "groups"]);
    expect(prepared.of(snapshot)).toEqual(whole);
    expect(prepared.of(snapshot)).toBe(prepared.of(snapshot));
    await prepared.prepare(snapshot, timeStep);
    expect(steps).toHaveLength(4);
  });

  test("are completed by a request that needs them earlier, whichever step was the last", async () => {
    for (const neededAfter of [0, 1, 2, 3]) {
      const interrupted = new AssetGroups();
      const found: unknown[] = [];
      const { steps, timeStep } = counted();
      const preparing = interrupted.prepare(snapshot, timeStep);
      while (steps.length < neededAfter) await yieldToEventLoop();
      found.push(interrupted.of(snapshot));
      await preparing;
      expect(found).toEqual([whole]);
      expect(steps).toHaveLength(neededAfter);
    }
  });

  test("are released once another snapshot is served, and finished for that one", async () => {
    const newer = snapshotOf("1-2", rows);
    const both = new AssetGroups();
    const served = both.of(snapshot);
    const preparing = both.prepare(newer);
    expect(both.of(snapshot)).toBe(served);
    both.keepOnly(newer);
    await preparing;
    const { steps, timeStep } = counted();
    await both.prepare(newer, timeStep);
    expect(steps).toEqual([]);
    expect(both.of(newer)).toEqual(new AssetGroups().of(newer));
    expect(both.of(snapshot)).not.toBe(served);
  });

  test("are abandoned for those of a newer snapshot", async () => {
    const newer = snapshotOf("1-2", rows.slice(0, 10));
    const both = new AssetGroups();
    const { steps, timeStep } = counted();
    await Promise.all([both.prepare(snapshot, timeStep), both.prepare(newer, timeStep)]);
    // One for its rows and one to finish; the older one had no step left.
    expect(steps).toHaveLength(2);
    expect(both.of(newer)).toEqual(new AssetGroups().of(newer));
  });
});
