import type { ExchangeId } from "../../../domain/exchange.ts";
import { areSame, type Axis } from "../codec/columns.ts";
import { DamagedBlob, decoding, seal } from "../codec/envelope.ts";
import { type AxisPlace, openSections, type Section, SectionsWriter } from "../codec/sections.ts";
import type { Damage } from "../replay.ts";
import type { SampleStore } from "../sample-store.ts";

/** Work in slices: each holds the write lock for milliseconds, or computes for a few without it. */
export type Slices<Result = void> = Generator<void, Result, void>;

/** What every part of the roll-up needs. */
export interface RollUpContext {
  readonly store: SampleStore;
  /** Runs a write in a transaction of its own. Throws EpochLost if another collector has taken over. */
  readonly write: <T>(work: () => T) => T;
  readonly program: readonly [number, number, number];
  /** Notified of what could not be read; it is left out. */
  readonly onDamage: (exchange: ExchangeId, damage: Damage) => void;
}

/** Something read back is not what was written: nothing may be deleted. */
export class NotAsWritten extends Error {
  override readonly name = "NotAsWritten";
}

/** Samples encoded or compared in one slice: a millisecond. */
const SAMPLES_AT_ONCE = 4_000;

/** Runs `visit` for each series, in slices. */
function* eachSeries(
  sections: readonly Section[],
  visit: (section: Section, place: number) => void,
): Slices {
  let samples = 0;
  for (const [place, section] of sections.entries()) {
    visit(section, place);
    samples += section.columns.times.length;
    if (samples < SAMPLES_AT_ONCE) continue;
    samples = 0;
    yield;
  }
}

/** Some series as a blob that was read back, series by series. Throws NotAsWritten if one of them differs. */
export function* checkedSections(
  { program }: RollUpContext,
  sections: readonly Section[],
  axis: Axis,
  place: AxisPlace,
): Slices<Uint8Array> {
  const writer = new SectionsWriter(axis, place);
  yield* eachSeries(sections, (section) => writer.add(section));
  const blob = seal("sections", writer.body(), program);
  yield;
  const read = openSections(blob, () => axis);
  yield* eachSeries(sections, ({ seriesId, columns }, n) => {
    if (read.ids[n] !== seriesId || !areSame(read.at(n), columns))
      throw new NotAsWritten(`series ${seriesId} differs after it was encoded`);
  });
  return blob;
}

/** Throws NotAsWritten if a stored blob is not the one given. Call it in the transaction that deletes what it is from. */
export function requireStored(stored: Uint8Array | null | undefined, blob: Uint8Array): void {
  if (stored === null || stored === undefined || Buffer.compare(stored, blob) !== 0)
    throw new NotAsWritten("a stored blob differs from what was written");
}

/** What `read` returns; null, and reported, if it is damaged. */
export function ifReadable<T>(
  { onDamage }: RollUpContext,
  exchange: ExchangeId,
  start: number,
  read: () => T,
): T | null {
  try {
    return decoding(read);
  } catch (error) {
    if (!(error instanceof DamagedBlob)) throw error;
    onDamage(exchange, { start, reason: error.message });
    return null;
  }
}
