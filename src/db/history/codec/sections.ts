import { ByteReader, ByteWriter, MalformedBytes } from "./bytes.ts";
import { type Axis, type SampleAt, type SampleColumns, lastUpTo } from "./columns.ts";
import { decoding, unseal } from "./envelope.ts";
import { readIntegers, writeIntegers } from "./integers.ts";
import { readSampleAt, readSection, writeSection } from "./section.ts";

/** Where the times of a body are: in it, or in a body of their own, named by its checksum. */
const WITH_AXIS = 0;
const AXIS_ELSEWHERE = 1;

/** Longer than the refreshes of a month at the shortest period, 10 s. */
const MAX_AXIS = 400_000;

/** An axis as the body of a blob. */
export function axisBody(axis: Axis): Uint8Array {
  const out = new ByteWriter();
  writeAxis(out, axis);
  return out.written();
}

export function axisOf(body: Uint8Array): Axis {
  return readAxis(new ByteReader(body));
}

const checksums = new WeakMap<Axis, number>();

/** What names an axis that is stored elsewhere: the checksum of its body. */
export function axisChecksum(axis: Axis): number {
  const checksum = checksums.get(axis) ?? Bun.hash.crc32(axisBody(axis));
  checksums.set(axis, checksum);
  return checksum;
}

function writeAxis(out: ByteWriter, axis: Axis): void {
  out.varint(axis.length);
  writeIntegers(out, axis);
}

function readAxis(from: ByteReader): Axis {
  const axis = new Float64Array(from.count(MAX_AXIS));
  readIntegers(from, axis, axis.length);
  return axis;
}

/** One series of a body. */
export interface Section {
  readonly seriesId: number;
  readonly columns: SampleColumns;
}

/** Whether the times are in the body, or in one of their own. */
export interface AxisPlace {
  readonly isAxisInside: boolean;
}

/**
 * Several series as the body of a blob: the axis or its checksum, an index of ids and lengths, then each series. They
 * are added in the order of their ids.
 */
export class SectionsWriter {
  readonly #axis: Axis;
  readonly #isAxisInside: boolean;
  readonly #parts = new ByteWriter();
  readonly #ids: number[] = [];
  readonly #lengths: number[] = [];

  constructor(axis: Axis, { isAxisInside }: AxisPlace) {
    this.#axis = axis;
    this.#isAxisInside = isAxisInside;
  }

  add({ seriesId, columns }: Section): void {
    const before = this.#parts.length;
    writeSection(this.#parts, columns, this.#axis);
    this.#ids.push(seriesId);
    this.#lengths.push(this.#parts.length - before);
  }

  body(): Uint8Array {
    const out = new ByteWriter();
    if (this.#isAxisInside) {
      out.byte(WITH_AXIS);
      writeAxis(out, this.#axis);
    } else {
      out.byte(AXIS_ELSEWHERE);
      out.varint(axisChecksum(this.#axis));
    }
    out.ascending(this.#ids);
    for (const length of this.#lengths) out.varint(length);
    out.bytes(this.#parts.written());
    return out.written();
  }
}

/** The body of some series at once; `sections` are in the order of their ids. */
export function sectionsBody(
  sections: readonly Section[],
  axis: Axis,
  place: AxisPlace,
): Uint8Array {
  const writer = new SectionsWriter(axis, place);
  for (const section of sections) writer.add(section);
  return writer.body();
}

/** Finds an axis that is not in the body by its checksum. Null if there is none. */
export type AxisFinder = (checksum: number) => Axis | null;

const NO_AXIS: AxisFinder = () => null;

/** The series of a body, each read on its own. Throws MalformedBytes if the body makes no sense. */
export class Sections {
  readonly axis: Axis;
  /** Ascending. */
  readonly ids: Uint32Array;
  readonly #bytes: Uint8Array;
  /** Where each section starts, and the end of the last. */
  readonly #starts: Float64Array;

  constructor(body: Uint8Array, axisFor: AxisFinder = NO_AXIS) {
    const from = new ByteReader(body);
    this.axis = axisIn(from, axisFor);
    this.ids = from.ascending();
    this.#starts = new Float64Array(this.ids.length + 1);
    for (let n = 0; n < this.ids.length; n += 1) this.#starts[n + 1] = from.varint();
    this.#starts[0] = from.position;
    for (let n = 0; n < this.ids.length; n += 1)
      this.#starts[n + 1] = (this.#starts[n + 1] ?? 0) + (this.#starts[n] ?? 0);
    if (this.#starts[this.ids.length] !== body.length)
      throw new MalformedBytes("its sections do not fill it");
    this.#bytes = body;
  }

  /** One series; null if it is not in here. Its prices and amounts are left out if they are not wanted. */
  read(seriesId: number, withMarket = true): SampleColumns | null {
    const place = lastUpTo(this.ids, seriesId);
    return place < 0 || this.ids[place] !== seriesId ? null : this.at(place, withMarket);
  }

  /** The series at that place in `ids`. */
  at(place: number, withMarket = true): SampleColumns {
    const from = new ByteReader(this.#bytes, this.#starts[place] ?? 0);
    const columns = readSection(from, this.axis, withMarket);
    if (from.position !== this.#starts[place + 1]) throw new MalformedBytes("a section is longer");
    return columns;
  }

  /** The last sample at or before a time of the series at that place in `ids`; null if there is none. */
  sampleAt(place: number, atS: number): SampleAt | null {
    return readSampleAt(new ByteReader(this.#bytes, this.#starts[place] ?? 0), this.axis, atS);
  }
}

/** The series of a blob. Throws DamagedBlob. */
export function openSections(blob: Uint8Array, axisFor: AxisFinder = NO_AXIS): Sections {
  const body = unseal("sections", blob);
  return decoding(() => new Sections(body, axisFor));
}

function axisIn(from: ByteReader, axisFor: AxisFinder): Axis {
  const where = from.byte();
  if (where === WITH_AXIS) return readAxis(from);
  if (where !== AXIS_ELSEWHERE) throw new MalformedBytes("an unknown kind of axis");
  const axis = axisFor(from.varint());
  if (axis === null) throw new MalformedBytes("its times are missing");
  return axis;
}
