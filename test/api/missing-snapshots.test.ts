import { describe, expect, test } from "bun:test";
import { nextOf } from "../support/lists.ts";
import { bodyOf, is, MIXED, missingScene, statusesOf } from "../support/missing-scene.ts";

const CURRENT = "/api/funding/current";

describe("an aggregate says how many exchanges it covers", () => {
  test.each([
    "sentiment?base=BTC",
    "by_volume?base=BTC",
    "divergence?base=BTC&min_exchanges=2&min_lasted=0",
  ])("%s, next to the number that it is based on", async (path) => {
    await using scene = await missingScene(MIXED);
    scene.commit("binance", ["BTC"], { fundingRate: -0.0003 });
    await scene.publish();
    for (const [query, of] of [
      // All except the disabled one.
      ["", 7],
      ["&exchange=binance,kraken,okx", 3],
      ["&exchange=binance,kraken,okx,htx", 4],
    ] as const) {
      const { rows } = await bodyOf(scene, `/api/funding/${path}${query}`);
      const exchanges = query === "" ? 3 : 2;
      expect(rows).toMatchObject([{ base: "BTC", exchanges, of_exchanges: of }]);
    }
  });

  test("the heatmap, next to its columns", async () => {
    await using scene = await missingScene(MIXED);
    const body = await bodyOf(scene, "/api/funding/heatmap");
    expect(body).toMatchObject({ of_exchanges: 7 });
  });
});

describe("caches", () => {
  test("a mere change of status gives another snapshot, another body and another tag, in all formats", async () => {
    await using scene = await missingScene({ binance: is("ok", true), okx: is("starting") });
    const targets = ["json", "csv", "ndjson"].map((format) => `${CURRENT}?format=${format}`);
    const tags = async () =>
      Promise.all(targets.map(async (target) => (await scene.get(target)).headers.get("etag")));
    const before = await tags();
    const first = await bodyOf(scene, CURRENT);
    expect(statusesOf(first)).toEqual(["okx starting"]);
    scene.fail("okx", "network", 3);
    await scene.publish();
    const second = await bodyOf(scene, CURRENT);
    expect(statusesOf(second)).toEqual(["okx down"]);
    expect(second.snapshot).not.toBe(first.snapshot);
    const after = await tags();
    for (const [n, tag] of before.entries()) {
      expect(after[n]).not.toBe(tag);
      const response = await scene.get(targets[n] ?? "", {
        headers: { "if-none-match": tag ?? "" },
      });
      expect(response.status).toBe(200);
    }
    const tag = after[1] ?? "";
    const known = await scene.get(targets[1] ?? "", { headers: { "if-none-match": tag } });
    // It is the tag of an answer whose headers the client has: a 304 repeats none of them.
    expect([known.status, known.headers.get("x-missing-exchanges")]).toEqual([304, null]);
  });

  test("another reason for the same status gives another snapshot, too", async () => {
    await using scene = await missingScene({ binance: is("ok", true), okx: is("down") });
    const reason = async () => (await bodyOf(scene, CURRENT)).missing[0]?.reason;
    expect(await reason()).toBe("No new rates: it does not answer in time.");
    scene.fail("okx", "network");
    await scene.publish();
    expect(await reason()).toBe("No new rates: it cannot be reached.");
  });

  test("so does time alone: nothing is written and an exchange becomes stale", async () => {
    await using scene = await missingScene({ binance: is("ok", true), okx: is("ok") });
    expect((await bodyOf(scene, CURRENT)).missing).toEqual([]);
    await scene.clock.advance(900_000);
    scene.board.poll();
    expect((await bodyOf(scene, CURRENT)).missing).toEqual([]);
    await scene.clock.advance(5_000);
    scene.board.poll();
    expect(statusesOf(await bodyOf(scene, CURRENT))).toEqual(["binance stale", "okx stale"]);
  });

  test("pages of a cursor show what was missing in their own snapshot", async () => {
    await using scene = await missingScene({ binance: is("ok", true), okx: is("down") });
    scene.commit("binance", ["BTC", "ETH"]);
    await scene.publish();
    const first = await bodyOf(scene, `${CURRENT}?limit=1`);
    const csv = await scene.get(`${CURRENT}?limit=1&format=csv`);
    scene.commit("okx", ["BTC"]);
    await scene.publish();
    const next = await bodyOf(scene, `${CURRENT}?limit=1&cursor=${first.next_cursor}`);
    expect([next.snapshot, statusesOf(next)]).toEqual([first.snapshot, ["okx down"]]);
    const { headers } = await scene.get(nextOf(csv) ?? "");
    expect(headers.get("x-missing-exchanges")).toBe("okx;status=down");
    expect((await bodyOf(scene, CURRENT)).missing).toEqual([]);
  });
});
