import type { ExchangeId } from "../../domain/exchange.ts";
import type { SampleColumns } from "./codec/columns.ts";
import { DamagedBlob, decoding } from "./codec/envelope.ts";
import { blobWith, unpacked } from "./codec/pack.ts";
import { openSections, type Section, type Sections } from "./codec/sections.ts";
import { type Damage, Replay } from "./replay.ts";
import type { SampleStore, StoredBlob, StoredPeriod } from "./sample-store.ts";
import { blockOf, DAY_S, dayOf, hourOf, monthOf } from "./sample-times.ts";
import { type AxisCache, AxisReader } from "./stored-axes.ts";

/** Which layer each part of a range is read from, so that no sample is read twice. Times are unix seconds. */
interface Layers {
  /** The starts of the months that are complete. */
  readonly months: ReadonlySet<number>;
  /** The starts of the days that are complete and in none of them, ascending. */
  readonly days: readonly number[];
  readonly axes: AxisReader;
}

interface Shared {
  readonly from: number;
  readonly to: number;
  readonly hours: readonly { readonly start: number; readonly sections: Sections }[];
  readonly replayed: readonly Section[];
}

/** Reads the blobs of one exchange that a range needs. Use it inside one transaction. */
export class LayerReader {
  readonly #store: SampleStore;
  readonly #exchange: ExchangeId;
  readonly #layers: Layers;
  readonly damages: Damage[] = [];
  /** What all series of a range share, opened for the first one. */
  #shared: Shared | null = null;

  constructor(
    store: SampleStore,
    exchange: ExchangeId,
    from: number,
    to: number,
    cache: AxisCache,
  ) {
    this.#store = store;
    this.#exchange = exchange;
    const periods = store.periods(exchange, monthOf(from), to);
    const axes = new AxisReader(cache);
    const isMonth = ({ span }: StoredPeriod): boolean => span !== "day";
    const complete = periods.filter((period) => period.complete);
    const months = new Set(complete.filter(isMonth).map(({ start }) => start));
    const days = complete.filter(
      (period) =>
        !isMonth(period) && period.start + DAY_S > from && !months.has(monthOf(period.start)),
    );
    // While a month is thinned, each of its blobs has its old times or its new ones.
    for (const period of [...periods.filter(isMonth), ...days])
      this.#readable(period.start, () => axes.add(period.axis));
    this.#layers = { months, days: days.map(({ start }) => start), axes };
  }

  isInMonth(at: number): boolean {
    return this.#layers.months.has(monthOf(at));
  }

  /** The samples of one series, in pieces of ascending time. */
  piecesOf(
    seriesId: number,
    from: number,
    to: number,
    withMarket: boolean,
  ): readonly SampleColumns[] {
    const { months, days, axes } = this.#layers;
    const read = (start: number, blobOf: () => Uint8Array | null): readonly SampleColumns[] => {
      const columns = this.#readable(start, () => {
        const blob = blobOf();
        return blob && openSections(blob, axes.finder).read(seriesId, withMarket);
      });
      return columns === null ? [] : [columns];
    };
    const { hours, replayed } = this.#sharedOf(from, to);
    const inDay = (day: number): Uint8Array | null => {
      const pack = this.#store.dayPack(this.#exchange, day, seriesId);
      return pack && blobWith(pack, seriesId);
    };
    return [
      ...[...months].flatMap((month) => read(month, () => this.#store.monthOf(seriesId, month))),
      ...days.flatMap((day) => read(day, () => inDay(day))),
      ...hours.flatMap(({ start, sections }) => {
        const columns = this.#readable(start, () => sections.read(seriesId, withMarket));
        return columns === null ? [] : [columns];
      }),
      ...replayed.flatMap((one) => (one.seriesId === seriesId ? [one.columns] : [])),
    ].toSorted((one, other) => (one.times[0] ?? 0) - (other.times[0] ?? 0));
  }

  /** All series of the days and hours of a range, as blobs of several. */
  groups(from: number, to: number): readonly Sections[] {
    const { days, axes } = this.#layers;
    // A few minutes of one day are read from that day alone, although the layers may be of two.
    const within = days.filter((day) => day + DAY_S > from && day < to);
    const blobs = [
      ...within.flatMap((day) =>
        this.#store
          .dayPacks(this.#exchange, day)
          .flatMap((pack) => this.#readable(day, () => unpacked(pack)) ?? [])
          .map(({ blob }) => ({ start: day, blob })),
      ),
      ...this.#hours(from, to),
    ];
    return blobs.flatMap(
      ({ start, blob }) => this.#readable(start, () => openSections(blob, axes.finder)) ?? [],
    );
  }

  /** All series of the hours of a range that are not closed, hour by hour: later ones may be closed already. */
  refreshes(from: number, to: number): readonly Section[] {
    const stored = this.#store.refreshes(this.#exchange, hourOf(from), to);
    return [...Map.groupBy(stored, ({ start }) => hourOf(start)).values()].flatMap((hour) => {
      const replayed = new Replay();
      for (const refresh of hour) replayed.add(refresh);
      this.damages.push(...replayed.damages);
      return [...replayed.sections()];
    });
  }

  /** The hours of a range, and some before it, that are in no complete day or month. */
  #hours(from: number, to: number): readonly StoredBlob[] {
    const days = new Set(this.#layers.days);
    return this.#store
      .hours(this.#exchange, blockOf(from), to)
      .filter(({ start }) => !days.has(dayOf(start)) && !this.isInMonth(start));
  }

  #sharedOf(from: number, to: number): Shared {
    const known = this.#shared;
    if (known !== null && known.from === from && known.to === to) return known;
    const { finder } = this.#layers.axes;
    const hours = this.#hours(from, to).flatMap(({ start, blob }) => {
      const sections = this.#readable(start, () => openSections(blob, finder));
      return sections === null ? [] : [{ start, sections }];
    });
    const replayed = this.refreshes(from, to);
    return (this.#shared = { from, to, hours, replayed });
  }

  #readable<T>(start: number, read: () => T): T | null {
    try {
      return decoding(read);
    } catch (error) {
      if (!(error instanceof DamagedBlob)) throw error;
      this.damages.push({ start, reason: error.message });
      return null;
    }
  }
}
