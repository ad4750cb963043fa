import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PAIR_FRAMES_KEPT_S, PairHistory } from "../../src/collector/pair-history.ts";
import { seal, versionBytes } from "../../src/db/history/codec/envelope.ts";
import { pairFrameBody, pairFrameOf } from "../../src/db/history/codec/pairs.ts";
import { HistoryEpochRepository } from "../../src/db/history/epoch-repository.ts";
import { PairFrameReader, PairFrameWriter } from "../../src/db/history/pair-frame-repository.ts";
import {
  makePairFrame,
  NOT_MET,
  type PairFrame,
  yieldPctOf,
  yieldStepOf,
} from "../../src/domain/pair-frame.ts";
import { HistoryInFolder } from "../support/history.ts";
import { memoryLog } from "../support/memory-log.ts";
import { BOTH, BYBIT, OKX, trackerScene } from "../support/opportunity-scene.ts";
import { NOON_MS } from "../support/quote.ts";

const NOON_S = NOON_MS / 1000;
const HOUR_S = 3_600;

interface Pair {
  readonly long: number;
  readonly short: number;
  readonly firstSeen: number;
  readonly step: number;
}

function frameOf(at: number, pairs: readonly Pair[]): PairFrame {
  const byKey = new Map(pairs.map((pair) => [`${pair.long}>${pair.short}`, pair]));
  const ordered = [...byKey.values()].toSorted(
    (one, other) => one.long - other.long || one.short - other.short,
  );
  const frame = makePairFrame(at, ordered.length);
  for (const [index, pair] of ordered.entries()) {
    frame.longIds[index] = pair.long;
    frame.shortIds[index] = pair.short;
    frame.firstSeen[index] = pair.firstSeen;
    frame.steps[index] = pair.step;
  }
  return frame;
}

const ids = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 2 ** 31 }));
const pairs = fc.array(
  fc.record({
    long: ids,
    short: ids,
    // Some after the frame: the clock was set back.
    firstSeen: fc.integer({ min: NOON_S - 1e6, max: NOON_S + 1_000 }),
    step: fc.integer({ min: 0, max: 255 }),
  }),
  { maxLength: 40 },
);

describe("a frame of open pairs", () => {
  test("goes there and back exactly, by itself and after any other one", () => {
    fc.assert(
      fc.property(pairs, pairs, (earlier, later) => {
        const before = frameOf(NOON_S, earlier);
        const frame = frameOf(NOON_S + HOUR_S, later);
        expect(pairFrameOf(pairFrameBody(frame, null), null)).toEqual(frame);
        expect(pairFrameOf(pairFrameBody(frame, before), before)).toEqual(frame);
      }),
    );
  });

  test("takes a tenth of a byte for a pair that has not changed", () => {
    const many = Array.from({ length: 20_000 }, (_, index) => ({
      long: 1 + Math.floor(index / 7),
      short: 1 + (index % 7) * 900,
      firstSeen: NOON_S - index,
      step: index % 50,
    }));
    const before = frameOf(NOON_S, many);
    const body = pairFrameBody(frameOf(NOON_S + HOUR_S, many), before);
    expect(seal("pairs", body, versionBytes("0.1.0")).length).toBeLessThan(2_000);
  });

  test("states a yield that was at least reached, within 10 %", () => {
    fc.assert(
      fc.property(fc.double({ min: 5, max: 1e9, noNaN: true }), (grossPct) => {
        const step = yieldStepOf(grossPct);
        expect(yieldPctOf(step)).toBeLessThanOrEqual(grossPct);
        if (step < 255) expect(yieldPctOf(step) * 1.0906).toBeGreaterThan(grossPct);
      }),
    );
    expect([5, 10, 20].map((pct) => yieldPctOf(yieldStepOf(pct)))).toEqual([5, 10, 20]);
  });

  test("of the tracker has the pairs of the last check, under the ids of the history", async () => {
    const { tracker, see } = trackerScene();
    await see(0, BOTH);
    await see(10, [OKX, { ...BYBIT, pct: 22 }]);
    const names = new Map<number, number>([
      [OKX.id, 70],
      [BYBIT.id, 30],
    ]);
    const seriesOf = (id: number) => names.get(id) ?? null;
    const met = tracker.frame(NOON_S, seriesOf);
    const step = yieldStepOf(20);
    expect(met).toEqual(frameOf(NOON_S, [{ long: 70, short: 30, firstSeen: NOON_S, step }]));
    await see(15, [OKX, { ...BYBIT, pct: 3 }]);
    const missed = tracker.frame(NOON_S, seriesOf);
    expect(missed).toEqual(
      frameOf(NOON_S, [{ long: 70, short: 30, firstSeen: NOON_S, step: NOT_MET }]),
    );
    expect(tracker.frame(NOON_S, (id) => (id === OKX.id ? 70 : null)).steps).toHaveLength(0);
  });
});

function openedFile() {
  const file = new HistoryInFolder();
  const epochs = new HistoryEpochRepository(file.db);
  const epoch = epochs.takeOver();
  const writer = () => new PairFrameWriter(file.db, epochs, "0.1.0");
  const read = (fromS: number, toS: number) => {
    const damaged: number[] = [];
    const frames = [...new PairFrameReader(file.db).read(fromS, toS, (at) => damaged.push(at))];
    return { frames, damaged };
  };
  return { file, epochs, epoch, writer, read };
}

const PAIR = { long: 1, short: 2, firstSeen: NOON_S - 60, step: 9 };

/** One frame an hour, the pair of which gains a step each time. */
const hourly = Array.from({ length: 30 }, (_, hour) =>
  frameOf(NOON_S + hour * HOUR_S, [PAIR, { ...PAIR, short: 3, step: hour }]),
);

describe("stored frames", () => {
  test("are read by several readers in turn, also while one is left before its end", () => {
    const { file, epoch, writer } = openedFile();
    using _ = file;
    const frames = writer();
    for (const frame of hourly) frames.write(epoch, frame);
    const reader = new PairFrameReader(file.db);
    const noDamage = (atS: number): void => expect(atS).toBe(0);
    const left = reader.read(0, NOON_S + 100 * HOUR_S, noDamage);
    expect(left.next().value).toEqual(hourly[0]);
    const turns = [0, 5].map((hour) =>
      reader.read(NOON_S + hour * HOUR_S, NOON_S + 100 * HOUR_S, noDamage),
    );
    for (let hour = 0; hour < 20; hour += 1)
      expect(turns.map((one) => one.next().value)).toEqual([hourly[hour], hourly[hour + 5]]);
  });

  test("are read in any range, also from within a day and across a restart", () => {
    const { file, epoch, writer, read } = openedFile();
    using _ = file;
    const first = writer();
    for (const frame of hourly.slice(0, 8)) first.write(epoch, frame);
    const second = writer();
    expect(second.lastAt()).toBe(hourly[7]?.at ?? 0);
    for (const frame of hourly.slice(8)) second.write(epoch, frame);
    const all = read(0, NOON_S + 100 * HOUR_S);
    expect(all).toEqual({ frames: hourly, damaged: [] });
    const part = read(NOON_S + 5 * HOUR_S, NOON_S + 20 * HOUR_S);
    expect(part.frames).toEqual(hourly.slice(5, 20));
  });

  test("that are damaged are reported and never served, with those that build on them", () => {
    const { file, epoch, writer, read } = openedFile();
    using _ = file;
    const pairWriter = writer();
    for (const frame of hourly) pairWriter.write(epoch, frame);
    const at = NOON_S + 3 * HOUR_S;
    const row = file.db
      .query<{ blob: Uint8Array }, [number]>("SELECT blob FROM pair_frames WHERE at = ?")
      .get(at);
    const bytes = new Uint8Array(row?.blob ?? []);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    file.db.run("UPDATE pair_frames SET blob = ? WHERE at = ?", [bytes, at]);
    const { frames, damaged } = read(0, NOON_S + 100 * HOUR_S);
    // Until midnight, when the next key frame is.
    expect(damaged).toEqual(hourly.slice(3, 12).map((frame) => frame.at));
    expect(frames).toEqual([...hourly.slice(0, 3), ...hourly.slice(12)]);
  });

  test("are pruned by whole days, so that what is left can be read", () => {
    const { file, epoch, writer, read } = openedFile();
    using _ = file;
    const pairWriter = writer();
    for (const frame of hourly) pairWriter.write(epoch, frame);
    while (pairWriter.prune(epoch, NOON_S + 13 * HOUR_S));
    expect(read(0, NOON_S + 100 * HOUR_S)).toEqual({ frames: hourly.slice(12), damaged: [] });
  });
});

describe("the history of pairs", () => {
  test("stores one frame an hour, later if the file is busy, and none again after a step back", () => {
    const { file, epoch, writer, read } = openedFile();
    using _ = file;
    const writes = {
      isBusy: false,
      attempt<T>(work: () => T): T | null {
        return writes.isBusy ? null : work();
      },
    };
    const history = new PairHistory({
      epoch: () => epoch,
      frames: writer(),
      writes,
      frameAt: (at) => frameOf(at, [PAIR]),
      log: memoryLog(),
    });
    const times = () => read(0, NOON_S + 1e7).frames.map(({ at }) => (at - NOON_S) / HOUR_S);
    history.note(NOON_MS + 5_000);
    history.note(NOON_MS + 10_000);
    expect(times()).toEqual([0]);
    writes.isBusy = true;
    history.note(NOON_MS + HOUR_S * 1000);
    expect(times()).toEqual([0]);
    writes.isBusy = false;
    history.note(NOON_MS + HOUR_S * 1000 + 5_000);
    history.note(NOON_MS + 60_000);
    expect(times()).toEqual([0, 1]);
    history.note(NOON_MS + (PAIR_FRAMES_KEPT_S + 86_400) * 1000);
    expect(times()).toEqual([36 * 24]);
  });

  test("ends with the epoch, and goes on after any other failure", () => {
    const { file, epochs, epoch, writer, read } = openedFile();
    using _ = file;
    const log = memoryLog();
    let isBroken = true;
    const history = new PairHistory({
      epoch: () => epoch,
      frames: writer(),
      writes: { attempt: (work) => work() },
      frameAt: (at) => {
        if (isBroken) throw new Error("broken");
        return frameOf(at, [PAIR]);
      },
      log,
    });
    history.note(NOON_MS);
    expect(log.events()).toEqual(["pairs_not_stored"]);
    isBroken = false;
    history.note(NOON_MS + HOUR_S * 1000);
    expect(read(0, NOON_S + 1e7).frames).toHaveLength(1);
    epochs.takeOver();
    expect(() => history.note(NOON_MS + 2 * HOUR_S * 1000)).toThrow("epoch");
  });
});
