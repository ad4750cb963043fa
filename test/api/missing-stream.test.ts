import { describe, expect, test } from "bun:test";
import { EventReader } from "../support/event-stream.ts";
import { is, type MissingScene, missingScene } from "../support/missing-scene.ts";

const STREAM = "/api/funding/stream";

const DOWN = { exchange: "okx", status: "down", reason: "No new rates: it cannot be reached." };

async function open(scene: MissingScene, query = ""): Promise<EventReader> {
  const response = await fetch(`${scene.origin}${STREAM}${query}`);
  expect(response.status).toBe(200);
  return new EventReader(response.body);
}

describe("the stream", () => {
  test("starts with what is missing, even if there is nothing else", async () => {
    await using scene = await missingScene({ binance: is("ok", true), okx: is("starting") });
    for (const [query, rows, missing] of [
      ["", 1, ["okx"]],
      ["?exchange=okx", 0, ["okx"]],
      ["?exchange=binance,aevo", 1, ["aevo"]],
      ["?exchange=binance", 1, []],
    ] as const) {
      const reader = await open(scene, query);
      const { name, data } = await reader.next();
      expect([name, data.rows.length]).toEqual(["reset", rows]);
      expect(data.missing?.map(({ exchange }) => exchange)).toEqual([...missing]);
      await reader.close();
    }
  });

  test("reports when a requested exchange goes missing and when it returns, and nothing in between", async () => {
    await using scene = await missingScene({ binance: is("ok", true), okx: is("starting") });
    const [all, binance] = [await open(scene), await open(scene, "?exchange=binance")];
    const first = await all.next();
    await binance.next();
    scene.fail("okx", "network", 3);
    await scene.publish();
    expect(await all.next()).toMatchObject({
      name: "changes",
      data: { since: first.id, rows: [], removed: [], missing: [DOWN] },
    });
    // Only the rate's time of observation differs.
    scene.commit("binance", ["BTC"]);
    await scene.publish();
    scene.commit("okx", ["BTC"]);
    await scene.publish();
    const back = await all.next();
    expect(back).toMatchObject({ name: "changes", data: { missing: [] } });
    expect(back.data.rows.map(({ exchange }) => exchange)).toEqual(["okx"]);
    // Nothing has changed for a reader of only the other exchange.
    scene.commit("binance", ["BTC"], { fundingRate: 0.0007 });
    await scene.publish();
    const other = await binance.next();
    expect(other).toMatchObject({ data: { missing: [], rows: [{ funding_rate: 0.0007 }] } });
    for (const reader of [all, binance]) await reader.close();
  });
});
