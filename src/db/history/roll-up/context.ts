import type { ExchangeId } from "../../../domain/exchange.ts";
import { EpochLost } from "../../epoch-lost.ts";
import { databaseFailure } from "../../failure.ts";
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
  /** Notified of what could not be read; nothing that it belongs to is rolled up. */
  readonly onDamage: (exchange: ExchangeId, damage: Damage) => void;
  /** Notified of the first failure of each step of an exchange in a night. */
  readonly onFailure: OnFailure;
  /** The periods that are left as they are until the next night: at most those that the file has. */
  readonly left: Set<string>;
}

/** What is done with the periods of an exchange, each by itself. */
type RollUpStep = "hour" | "hours" | "day" | "month" | "thinned";

/** One period of an exchange, by its start in unix seconds, and what is done with it. */
interface RollUpPeriod {
  readonly step: RollUpStep;
  readonly exchange: ExchangeId;
  readonly start: number;
}

export type OnFailure = (period: RollUpPeriod, error: unknown) => void;

/** Something that a period is made of cannot be read: nothing of that period may be deleted. */
export class DamagedPart extends Error {
  override readonly name = "DamagedPart";
  readonly damage: Damage;

  constructor(damage: Damage) {
    super(damage.reason);
    this.damage = damage;
  }
}

/** Something read back is not what was written: nothing may be deleted. */
export class NotAsWritten extends Error {
  override readonly name = "NotAsWritten";
}

/** Samples read, encoded or compared in one slice: a millisecond. */
export const SAMPLES_AT_ONCE = 4_000;

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

/** What `read` returns. Throws DamagedPart if the blob that starts there is damaged. */
export function readable<T>(start: number, read: () => T): T {
  try {
    return decoding(read);
  } catch (error) {
    if (!(error instanceof DamagedBlob)) throw error;
    throw new DamagedPart({ start, reason: error.message });
  }
}

/**
 * Does the work of one period and returns its result. If a part is damaged, or the work fails, that is reported and the
 * period is left as it is until the next night, as is every longer one that contains it: a backup may restore the part.
 * Null then. Throws EpochLost, and what fails for the whole file.
 */
export function* inPeriod<Result>(
  { left, onDamage, onFailure }: RollUpContext,
  period: RollUpPeriod,
  work: () => Slices<Result>,
): Slices<Result | null> {
  const { step, exchange, start } = period;
  const name = `${step} ${exchange} ${start}`;
  if (left.has(name)) return null;
  try {
    return yield* work();
  } catch (error) {
    if (error instanceof EpochLost || databaseFailure(error) !== null) throw error;
    left.add(name);
    if (error instanceof DamagedPart) {
      onDamage(exchange, error.damage);
      return null;
    }
    // One that lasts would be reported for each hour of weeks.
    const steps = `${step} ${exchange}`;
    if (!left.has(steps)) onFailure(period, error);
    left.add(steps);
    return null;
  }
}
