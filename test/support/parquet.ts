import { parquetMetadata, parquetReadObjects } from "hyparquet";

const compressors = { ZSTD: (input: Uint8Array) => new Uint8Array(Bun.zstdDecompressSync(input)) };

/** The rows of a Parquet file as another program reads them; whole numbers as numbers. */
export async function parquetRows(
  file: Uint8Array<ArrayBuffer>,
): Promise<Record<string, unknown>[]> {
  const rows = await parquetReadObjects({ file: file.buffer, compressors });
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]: [string, unknown]) => [
        name,
        typeof value === "bigint" ? Number(value) : (value ?? null),
      ]),
    ),
  );
}

/** For each column its type and its encodings. */
export function parquetColumns(file: Uint8Array<ArrayBuffer>): Record<string, readonly string[]> {
  const { row_groups: groups } = parquetMetadata(file.buffer);
  return Object.fromEntries(
    groups.flatMap(({ columns }) =>
      columns.flatMap(({ meta_data: of }) =>
        of === undefined
          ? []
          : [[of.path_in_schema.join("."), [of.type, of.codec, ...of.encodings]]],
      ),
    ),
  );
}
