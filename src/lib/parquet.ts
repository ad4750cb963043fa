import { parquetWriteBuffer } from "hyparquet-writer";

/** Tables as Parquet files. The only module that knows the library. */

/** A column as flat memory, which crosses a thread boundary without being copied. All columns have the same length. */
export type FlatColumn =
  /** Whole numbers as INT64, others as DOUBLE, 0 and 1 as BOOLEAN; NaN is null. */
  | {
      readonly kind: "integer" | "number" | "boolean";
      readonly name: string;
      readonly values: Float64Array<ArrayBuffer>;
    }
  /** Each text is `texts[index]`; NO_TEXT is null. */
  | {
      readonly kind: "text";
      readonly name: string;
      readonly texts: readonly string[];
      readonly indexes: Uint32Array<ArrayBuffer>;
    };

export type FlatKind = FlatColumn["kind"];

/** The index of a null text. */
export const NO_TEXT = 0xffff_ffff;

/** Answers have at most 10,000 rows: they are one row group. */
const ROWS_PER_GROUP = 100_000;

/**
 * The file: zstd, whole numbers as differences (DELTA_BINARY_PACKED), fractions split by byte (BYTE_STREAM_SPLIT), texts
 * as a dictionary where that is smaller. Takes some milliseconds per ten thousand cells.
 */
export function parquetBytes(columns: readonly FlatColumn[]): Uint8Array<ArrayBuffer> {
  const file = parquetWriteBuffer({
    columnData: columns.map(columnData),
    codec: "ZSTD",
    compressors: { ZSTD: (bytes) => Bun.zstdCompressSync(bytes) },
    rowGroupSize: ROWS_PER_GROUP,
    createdBy: "funding-finder",
  });
  return new Uint8Array(file);
}

function columnData(column: FlatColumn) {
  const { name } = column;
  switch (column.kind) {
    case "integer": {
      const data = Array.from(column.values, (value) =>
        Number.isNaN(value) ? null : BigInt(value),
      );
      return { name, data, type: "INT64", encoding: "DELTA_BINARY_PACKED" } as const;
    }
    case "number": {
      const data = Array.from(column.values, (value) => (Number.isNaN(value) ? null : value));
      return { name, data, type: "DOUBLE", encoding: "BYTE_STREAM_SPLIT" } as const;
    }
    case "boolean": {
      const data = Array.from(column.values, (value) => (Number.isNaN(value) ? null : value !== 0));
      return { name, data, type: "BOOLEAN" } as const;
    }
    case "text": {
      const data = Array.from(column.indexes, (index) => column.texts[index] ?? null);
      return { name, data, type: "STRING" } as const;
    }
  }
}
