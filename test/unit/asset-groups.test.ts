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

/** The groups of rows: asset and name, then who is trusted and who is not. */
function groups(rows: readonly BoardRow[]) {
  return new AssetGroups()
    .of(snapshotOf("1-1", rows))
    .map(({ assetId, base, trusted, refused }) => [
      `${assetId} ${base}`,
      names(trusted),
      names(refused),
    ]);
}

describe("a listing of which no price has told what it is", () => {
  test("stands beside the asset that its ticker proposes, whichever row comes first", () => {
    expect(groups([rowOf("binance", "TON", unknown), rowOf("okx", "GRAM")])).toEqual([
      ["GRAM GRAM", ["okx GRAM"], ["binance TON ?"]],
    ]);
    expect(groups([rowOf("binance", "GRAM"), rowOf("okx", "TON", unknown)])).toEqual([
      ["GRAM GRAM", ["binance GRAM"], ["okx TON ?"]],
    ]);
  });

  test("stands beside the asset of its own letters before that of its common name", () => {
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

  test("stands beside the asset that another listing of its ticker is known to be", () => {
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

  test("stands alone under its ticker where there is no such asset", () => {
    const rows = [rowOf("binance", "TON", unknown), rowOf("gate", "TON", unknown)];
    expect(groups(rows)).toEqual([["TON TON", [], ["binance TON ?", "gate TON ?"]]]);
  });

  test("and one that prices speak against are refused in the order of the snapshot", () => {
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

  test("are those of one step, and then there without work", async () => {
    const prepared = new AssetGroups();
    const { steps, timeStep } = counted();
    await prepared.prepare(snapshot, timeStep);
    expect(steps).toEqual(["groups", "groups", "groups", "groups"]);
    expect(prepared.of(snapshot)).toEqual(whole);
    expect(prepared.of(snapshot)).toBe(prepared.of(snapshot));
    await prepared.prepare(snapshot, timeStep);
    expect(steps).toHaveLength(4);
  });

  test("are finished by a request that needs them earlier, whichever step was the last", async () => {
    for (const askedAfter of [0, 1, 2, 3]) {
      const asked = new AssetGroups();
      const found: unknown[] = [];
      const { steps, timeStep } = counted();
      const preparing = asked.prepare(snapshot, timeStep);
      while (steps.length < askedAfter) await yieldToEventLoop();
      found.push(asked.of(snapshot));
      await preparing;
      expect(found).toEqual([whole]);
      expect(steps).toHaveLength(askedAfter);
    }
  });

  test("are given up for those of a newer snapshot", async () => {
    const newer = snapshotOf("1-2", rows.slice(0, 10));
    const both = new AssetGroups();
    const { steps, timeStep } = counted();
    await Promise.all([both.prepare(snapshot, timeStep), both.prepare(newer, timeStep)]);
    // One for its rows and one to finish; the older one had no step left.
    expect(steps).toHaveLength(2);
    expect(both.of(newer)).toEqual(new AssetGroups().of(newer));
  });
});
