import { type FlatColumn, NO_TEXT } from "../../lib/parquet.ts";
import { inSteps, type Stepwise, visitEach } from "../../lib/stepwise.ts";
import type { Pauses } from "../../lib/pauses.ts";
import type { AnswerContent } from "../answers/answer.ts";
import { API_HEADERS } from "../protocol/headers.ts";
import { CONTENT_TYPES } from "../protocol/list-format.ts";
import type { Column } from "./columns.ts";
import type { WrittenList } from "./content.ts";
import type { WriteParquet } from "./list-answer.ts";

/** A list as a Parquet file with the columns of CSV. The cells are gathered in steps, the file is written elsewhere. */
export async function parquetContent<Item, Row>(
  list: WrittenList<Item, Row>,
  write: WriteParquet,
  pauses: Pauses,
): Promise<AnswerContent> {
  const bytes = await write(await inSteps(flatColumns(list), pauses));
  return {
    chunks: () => [bytes],
    streamed: null,
    isCompressed: true,
    contentType: CONTENT_TYPES.parquet,
    cacheControl: null,
    vary: list.vary,
    headers: { ...API_HEADERS, ...list.headers },
  };
}

function* flatColumns<Item, Row>({
  items,
  toRow,
  columns,
}: WrittenList<Item, Row>): Stepwise<FlatColumn[]> {
  const builders = columns.map((column) => columnBuilder(column, items.length));
  yield* visitEach(items, (item, index) => {
    const row = toRow(item);
    for (const { set } of builders) set(row, index);
  });
  return builders.map(({ made }) => made());
}

function columnBuilder<Row>({ name, cell, kind = "text" }: Column<Row>, length: number) {
  if (kind !== "text") {
    const values = new Float64Array(length);
    return {
      set(row: Row, index: number) {
        const value = cell(row);
        values[index] = value === null ? Number.NaN : Number(value);
      },
      made: (): FlatColumn => ({ name, kind, values }),
    };
  }
  const indexes = new Uint32Array(length);
  const places = new Map<string, number>();
  return {
    set(row: Row, index: number) {
      const value = cell(row);
      indexes[index] = value === null ? NO_TEXT : placeIn(places, String(value));
    },
    made: (): FlatColumn => ({ name, kind, texts: [...places.keys()], indexes }),
  };
}

function placeIn(places: Map<string, number>, text: string): number {
  const known = places.get(text);
  if (known !== undefined) return known;
  places.set(text, places.size);
  return places.size - 1;
}
