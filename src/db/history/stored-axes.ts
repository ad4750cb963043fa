import type { Axis } from "./codec/columns.ts";
import { decoding, unseal } from "./codec/envelope.ts";
import { type AxisFinder, axisOf } from "./codec/sections.ts";

/** Times kept decoded, in all: 4 MB, the months of a dozen exchanges. */
const KEPT_TIMES = 500_000;

/** The times of one period with the checksum that names them. */
interface NamedAxis {
  readonly axis: Axis;
  readonly checksum: number;
}

/** Decoded times of periods, the last used ones, by the hash of their blobs. */
export class AxisCache {
  readonly #kept = new Map<bigint, NamedAxis>();
  #times = 0;

  /** Throws DamagedBlob. */
  read(blob: Uint8Array): NamedAxis {
    const key = Bun.hash.xxHash64(blob);
    const known = this.#kept.get(key);
    this.#kept.delete(key);
    const named = known ?? decoded(blob);
    if (known === undefined) this.#times += named.axis.length;
    this.#kept.set(key, named);
    for (const [oldest, { axis }] of this.#kept) {
      if (this.#times <= KEPT_TIMES || oldest === key) break;
      this.#kept.delete(oldest);
      this.#times -= axis.length;
    }
    return named;
  }
}

function decoded(blob: Uint8Array): NamedAxis {
  const body = unseal("axis", blob);
  return { axis: decoding(() => axisOf(body)), checksum: Bun.hash.crc32(body) };
}

/** The times of some periods, found by the checksums in the blobs that use them. */
export class AxisReader {
  readonly #byChecksum = new Map<number, Axis>();
  readonly #cache: AxisCache;

  constructor(cache = new AxisCache()) {
    this.#cache = cache;
  }

  /** For blobs that have their times elsewhere. */
  readonly finder: AxisFinder = (checksum) => this.#byChecksum.get(checksum) ?? null;

  /** Adds the times of a period and returns them. Throws DamagedBlob. */
  add(blob: Uint8Array): Axis {
    const { axis, checksum } = this.#cache.read(blob);
    this.#byChecksum.set(checksum, axis);
    return axis;
  }
}
