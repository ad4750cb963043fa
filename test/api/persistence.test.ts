import { afterEach, describe, expect, test } from "bun:test";
import type { z } from "@hono/zod-openapi";
import { HistoryEpochRepository } from "../../src/db/history/epoch-repository.ts";
import { PairFrameWriter } from "../../src/db/history/pair-frame-repository.ts";
import { openReadOnly } from "../../src/db/open.ts";
import { makePairFrame, NOT_MET, yieldStepOf } from "../../src/domain/pair-frame.ts";
import type { PersistenceListSchema } from "../../src/http/api/persistence/schema.ts";
import type { HistoryReader } from "../../src/services/history/history-reader.ts";
import { testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { HistoryWriter, readerOn } from "../support/history-db.ts";
import { cellsOf } from "../support/lists.ts";
import { parquetRows } from "../support/parquet.ts";
import { PROGRAM_VERSION } from "../support/sampled-market.ts";
import { NOON_MS } from "../support/quote.ts";

type Body = z.infer<typeof PersistenceListSchema>;

const NOON = NOON_MS / 1000;
const HOUR = 3600;
const PATH = "/api/funding/persistence";
const FREE = `${PATH}?fees=all:0`;

/** A spread of one asset, open at the full hours from `from` to `to` (exclusive), counted in hours before noon. */
interface Life {
  readonly pair: readonly ["okx" | "bybit" | "gate", "okx" | "bybit" | "gate"];
  readonly from: number;
  readonly to: number;
  /** Gross yield, percent a year; at each hour before noon. Null: not met. */
  readonly pct?: (hour: number) => number | null;
}

/** A file with frames of these spreads at the full hours from `first` hours before noon up to noon, without `missing`. */
class Scene implements Disposable {
  readonly history = new HistoryInFolder();
  readonly board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "A0")], NOON_MS + 600_000));
  readonly app: TestApp;
  asked = 0;

  constructor(lives: readonly Life[], first: number, missing: readonly number[] = []) {
    const writer = new HistoryWriter(this.history.db);
    const epochs = new HistoryEpochRepository(this.history.db);
    const epoch = epochs.takeOver();
    const frames = new PairFrameWriter(this.history.db, epochs, PROGRAM_VERSION);
    // The short leg's id is always above the long one's: frames are ordered by both.
    const ids = lives.map(({ pair: [long, short] }, place) =>
      [long, short].map((exchange, leg) =>
        writer.add(seriesOf(`A${place}`, { uid: `${exchange}:${place}:${leg}`, exchange })),
      ),
    );
    for (let hour = -first; hour <= 0; hour += 1) {
      if (missing.includes(hour)) continue;
      const open = [...lives.entries()].filter(([, { from, to }]) => from <= hour && hour < to);
      const frame = makePairFrame(NOON + hour * HOUR, open.length);
      for (const [index, [place, { from, pct }]] of open.entries()) {
        const [long = 0, short = 0] = ids[place] ?? [];
        const gross = pct === undefined ? 50 : pct(hour);
        frame.longIds[index] = long;
        frame.shortIds[index] = short;
        frame.firstSeen[index] = NOON + from * HOUR - 300;
        frame.steps[index] = gross === null ? NOT_MET : yieldStepOf(gross);
      }
      frames.write(epoch, frame);
    }
    const reader = readerOn(openReadOnly(this.history.file));
    const history: HistoryReader = {
      ask: (kind, query, signal) => {
        if (kind === "persistence") this.asked += 1;
        return reader.ask(kind, query, signal);
      },
    };
    this.app = testApp(this.board, { history });
  }

  async body(target: string): Promise<Body> {
    const response = await this.app.get(target);
    if (response.status !== 200) throw new Error(`${target}: ${await response.text()}`);
    return (await response.json()) as Body;
  }

  [Symbol.dispose](): void {
    this.history[Symbol.dispose]();
  }
}

let scenes: Scene[] = [];

function sceneOf(...args: ConstructorParameters<typeof Scene>): Scene {
  const scene = new Scene(...args);
  scenes.push(scene);
  return scene;
}

afterEach(() => {
  for (const scene of scenes) scene[Symbol.dispose]();
  scenes = [];
});

const at = ({ rows }: Body, age: number, horizon: number, long: string | null = null) =>
  rows.find(
    (row) => row.age_hours === age && row.horizon_hours === horizon && row.long_exchange === long,
  );

/** Ten spreads seen 20 hours before noon: two ended after an hour, three after five, five still last. */
const TEN: readonly Life[] = Array.from({ length: 10 }, (_, n) => ({
  pair: n < 5 ? (["okx", "bybit"] as const) : (["gate", "bybit"] as const),
  from: -20,
  to: n < 2 ? -19 : n < 5 ? -15 : 1,
}));

describe("/api/funding/persistence", () => {
  test("counts by hand what ended within 1, 3, 8 and 24 hours, with open spreads as censored", async () => {
    const body = await sceneOf(TEN, 30).body(FREE);
    expect(body).toMatchObject({
      fetched_at: NOON + 600,
      from_at: NOON - 30 * HOUR,
      to_at: NOON,
      hours: 31,
      unreadable_hours: 0,
      thresholds: { min_net: 0 },
      total: 72,
    });
    const shares = [1, 3, 8, 24].map((horizon) => at(body, 0, horizon));
    expect(shares.map((row) => [row?.spreads, row?.ended, row?.lasted_share])).toEqual([
      [10, 2, 0.8],
      [10, 2, 0.8],
      [10, 5, 0.5],
      // The last five were observed for 20 hours.
      [10, 5, null],
    ]);
    // 0.5 ^ exp(+- 1.96 x sqrt(0.1) / ln 2), from Greenwood's sum 2 / (10 x 8) + 3 / (8 x 5).
    expect(at(body, 0, 8)?.low_share ?? 0).toBeCloseTo(0.1836, 4);
    expect(at(body, 0, 8)?.high_share ?? 0).toBeCloseTo(0.7532, 4);
    expect(at(body, 0, 24)).toMatchObject({ low_share: null, high_share: null });
    // The eight that were an hour old: three ended four hours later.
    expect(at(body, 1, 8)).toMatchObject({ spreads: 8, ended: 3, lasted_share: 0.625 });
    // Ages 0, 1, 3 and 8: 10 + 8 + 8 + 5 sightings, of which five still last at each.
    expect([body.sightings, body.open]).toEqual([31, 20]);
  });

  test("has a row for each pair of exchanges, those with the most spreads first", async () => {
    const body = await sceneOf(TEN, 30).body(FREE);
    const order = [
      ...new Set(body.rows.map((row) => `${row.long_exchange} ${row.short_exchange}`)),
    ];
    expect(order).toEqual(["null null", "gate bybit", "okx bybit"]);
    expect(at(body, 0, 8, "okx")).toMatchObject({ spreads: 5, ended: 5, lasted_share: 0 });
    expect(at(body, 0, 8, "gate")).toMatchObject({
      spreads: 5,
      ended: 0,
      lasted_share: 1,
      low_share: null,
    });
  });

  test("filters both legs, and counts all pairs together within the filter", async () => {
    const scene = sceneOf(TEN, 30);
    const okx = await scene.body(`${FREE}&long_exchange=okx`);
    expect([at(okx, 0, 1), okx.total]).toMatchObject([{ spreads: 5, ended: 2 }, 48]);
    const none = await scene.body(`${FREE}&short_exchange=okx,gate`);
    expect([at(none, 0, 1), none.total]).toMatchObject([
      { spreads: 0, ended: 0, lasted_share: null },
      24,
    ]);
  });

  test("counts a spread by its net yield at the moment of sight, at the fees asked for", async () => {
    // 20 bps are 0.2 %, over 24 hours 73 % a year: a gross 80 % passes, 70 % does not.
    const falling = (hour: number) => (hour < -18 ? 80 : 6);
    const scene = sceneOf(
      [
        { pair: ["okx", "bybit"], from: -20, to: -10, pct: falling },
        { pair: ["okx", "bybit"], from: -20, to: -10, pct: () => 70 },
        { pair: ["okx", "bybit"], from: -20, to: -10, pct: () => null },
      ],
      30,
    );
    const body = await scene.body(`${PATH}?fees=all:5`);
    // The first was seen at 0 and 1 hours; when it was 3 hours old its yield was too low. What came later counts it in.
    expect([0, 1, 3].map((age) => at(body, age, 8)?.spreads)).toEqual([1, 1, 0]);
    const longer = await scene.body(`${PATH}?fees=all:5&hold_hours=720`);
    expect([0, 1, 3].map((age) => at(longer, age, 8)?.spreads)).toEqual([2, 2, 2]);
    const higher = await scene.body(`${PATH}?fees=all:5&min_net=7.0001`);
    expect([higher.thresholds.min_net, at(higher, 0, 8)?.spreads]).toEqual([7, 1]);
    expect(at(await scene.body(`${PATH}?fees=all:5&min_net=7.01`), 0, 8)?.spreads).toBe(0);
    const unknown = await scene.body(`${PATH}?fees=okx:5,bybit:5`);
    expect(at(unknown, 0, 8)?.spreads).toBe(1);
  });

  test("an hour without observation censors what was open, a damaged one likewise", async () => {
    const missing = await sceneOf(TEN, 30, [-17]).body(FREE);
    // Before -17 only the first two have ended, the other eight were observed for two hours.
    expect([at(missing, 0, 1), at(missing, 0, 3)]).toMatchObject([
      { spreads: 10, ended: 2, lasted_share: 0.8 },
      { spreads: 10, ended: 2, lasted_share: null },
    ]);
    expect(missing).toMatchObject({ hours: 30, unreadable_hours: 0 });

    const scene = sceneOf(TEN, 30);
    // The key frame of the day of noon: the others of its day cannot be read without it.
    const key = scene.history.db
      .query<{ at: number }, [number]>("SELECT min(at) AS at FROM pair_frames WHERE at >= ?")
      .get(NOON - 12 * HOUR);
    scene.history.db.run("UPDATE pair_frames SET blob = x'00112233' WHERE at = ?", [key?.at ?? 0]);
    const damaged = await scene.body(FREE);
    expect(damaged).toMatchObject({ hours: 18, unreadable_hours: 13, to_at: NOON - 13 * HOUR });
    expect(at(damaged, 0, 8)).toMatchObject({ spreads: 10, ended: 5, lasted_share: null });
  });

  test("looks back as many days as asked", async () => {
    const scene = sceneOf(TEN, 60);
    expect(await scene.body(`${FREE}&days=1`)).toMatchObject({
      from_at: NOON - 23 * HOUR,
      to_at: NOON,
      hours: 24,
    });
    expect(await sceneOf([], -1).body(FREE)).toMatchObject({
      from_at: null,
      to_at: null,
      hours: 0,
      total: 24,
    });
    for (const days of [0, 36])
      expect((await scene.app.get(`${PATH}?days=${days}`)).status).toBe(400);
  });

  test("is counted once an hour, for all pages and formats", async () => {
    const scene = sceneOf(TEN, 30);
    const first = await scene.body(`${FREE}&limit=30`);
    scene.board.publish(snapshotOf("1-2", [rowOf("okx", "A0")], NOON_MS + 50 * 60_000));
    const second = await scene.body(`${FREE}&limit=30&cursor=${first.next_cursor}`);
    expect([first.count, second.count, second.total]).toEqual([30, 30, 72]);
    await scene.body(FREE);
    expect(scene.asked).toBe(1);
    // Noon's frame is stored a little later than noon: until then the hour before is the last.
    scene.board.publish(snapshotOf("1-3", [rowOf("okx", "A0")], NOON_MS + 62 * 60_000));
    await scene.body(FREE);
    expect(scene.asked).toBe(1);
    scene.board.publish(snapshotOf("1-4", [rowOf("okx", "A0")], NOON_MS + 66 * 60_000));
    await scene.body(FREE);
    expect(scene.asked).toBe(2);
  });

  test("is the same in all formats", async () => {
    const { app } = sceneOf(TEN, 30);
    const { rows } = (await (await app.get(FREE)).json()) as Body;
    const lines = await (await app.get(`${FREE}&format=ndjson`)).text();
    expect(
      lines
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(rows);
    const csv = await app.get(`${FREE}&format=csv`);
    expect(csv.headers.get("x-thresholds")).toBe("min_net=0");
    const [header = [], ...cells] = cellsOf(await csv.text());
    const texts = rows.map((row) => Object.values(row).map((cell) => String(cell ?? "")));
    expect([header, cells]).toEqual([Object.keys(rows[0] ?? {}), texts]);
    const parquet = await app.get(`${FREE}&format=parquet`);
    expect(await parquetRows(new Uint8Array(await parquet.arrayBuffer()))).toEqual(rows);
  });

  test("too many spreads are a 400 that names the days", async () => {
    const board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")]));
    const tooWide = { kind: "too_wide", pairHours: 31_000_000 } as const;
    const history = { ask: async () => tooWide } as unknown as HistoryReader;
    const response = await testApp(board, { history }).get(PATH);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ parameter: "days", rule: "covers too many spreads: choose fewer" }] },
    ]);
  });
});
