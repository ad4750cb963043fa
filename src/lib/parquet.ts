import { parquetWriteBuffer } from "hyparquet-writer";
import { type FlatColumn, flatCell } from "./flat-table.ts";

/** Tables as Parquet files. The only module that knows the library. */

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
  const cells = <Value>(valueOf: (cell: string | number | boolean) => Value): (Value | null)[] => {
    const { length } = column.kind === "text" ? column.indexes : column.values;
    return Array.from({ length }, (_, row) => {
      const cell = flatCell(column, row);
      return cell === null ? null : valueOf(cell);
    });
  };
  switch (column.kind) {
    case "integer":
      return {
        name,
        data: cells((cell) => BigInt(cell)),
        type: "INT64",
        encoding: "DELTA_BINARY_PACKED",
      } as const;
    case "number":
      return { name, data: cells(Number), type: "DOUBLE", encoding: "BYTE_STREAM_SPLIT" } as const;
    case "boolean":
      return { name, data: cells(Boolean), type: "BOOLEAN" } as const;
    case "text":
      return { name, data: cells(String), type: "STRING" } as const;
  }
}
