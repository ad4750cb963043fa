import { type FlatColumn, FlatColumnBuilder } from "../../lib/flat-table.ts";
import { inSteps, type Stepwise, visitEach } from "../../lib/stepwise.ts";
import type { Pauses } from "../../lib/pauses.ts";
import type { AnswerContent } from "../answers/answer.ts";
import { API_HEADERS } from "../protocol/headers.ts";
import { CONTENT_TYPES } from "../protocol/list-format.ts";
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
  const builders = columns.map(
    ({ name, kind = "text" }) => new FlatColumnBuilder(name, kind, items.length),
  );
  yield* visitEach(items, (item, index) => {
    const row = toRow(item);
    for (const [place, { cell }] of columns.entries()) builders[place]?.set(index, cell(row));
  });
  return builders.map(({ column }) => column);
}
