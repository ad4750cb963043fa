import { inSteps } from "../../lib/stepwise.ts";
import { coverageOf } from "../../services/board/coverage.ts";
import type { AnswerContent } from "../answers/answer.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import { noData } from "../openapi/missing-exchanges.ts";
import { acceptedFileFormat, acceptedFormat } from "../protocol/list-format.ts";
import { canonicalQuery } from "../protocol/canonical-query.ts";
import type { ResponseOf } from "../protocol/routing.ts";
import { cursorOf, encodeCursor, hashQuery } from "./cursor.ts";
import type { ListBody, ListRequest, SnapshotList, SourcedList } from "./list-answer.ts";
import { builtContent, writtenList } from "./content.ts";
import { writtenPage } from "./page-content.ts";
import { parquetContent } from "./parquet-content.ts";
import type { Asked } from "./past-snapshots.ts";
import { noRatesThen } from "./no-history.ts";
import { pastSources, snapshotSources } from "./snapshot-source.ts";
import type { Page } from "./source.ts";

type Sent<Row, Head> = ResponseOf<ListBody<Row> & Head> | Promise<ResponseOf<ListBody<Row> & Head>>;

/** Pagination and format are not part of the query. */
const WITHOUT_PRESENTATION = {
  limit: null,
  cursor: null,
  format: null,
  fields: null,
  time: null,
  bom: null,
};

/**
 * Sends one page of a list in the requested format: of the cursor's snapshot, else of the one that the request is
 * answered from. Throws the 503 problem `no_data` if no requested exchange delivers and none has a row left; of the
 * past, the 404 problem `no_history`.
 */
export function sendList<Item, Row extends object, Head extends object>(
  answers: SnapshotAnswers,
  c: Asked,
  params: ListRequest,
  { select, ...list }: SnapshotList<Item, Row, Head>,
): Sent<Row, Head> {
  const { past } = answers.current(c.env);
  const sources = past === undefined ? snapshotSources(answers, select) : pastSources(select);
  return sendSourced(answers, c, params, { ...list, sources });
}

/** The same for a list with its own sources. */
export function sendSourced<Item, Row extends object, Head extends object>(
  answers: SnapshotAnswers,
  c: Asked,
  params: ListRequest,
  list: SourcedList<Item, Row, Head>,
): Sent<Row, Head> {
  const asked = canonicalQuery({ ...params, ...WITHOUT_PRESENTATION });
  const canonical = JSON.stringify([list.name, asked, list.variant ?? null]);
  const queryHash = hashQuery(canonical);
  const newest = answers.current(c.env);
  const { cursorKind: kind } = list.sources;
  const text = params.cursor ?? null;
  const cursor = text === null ? null : cursorOf(text, kind, queryHash);
  const source = list.sources.at(cursor, newest);
  const { version, freshFor } = source;
  const coverage = list.coverage?.(freshFor) ?? coverageOf(freshFor, params);
  if (coverage.hasNothing && list.isOfListings !== false)
    throw freshFor.past === undefined ? noData(coverage.missing) : noRatesThen(freshFor, coverage);
  const { parquet = null } = list;
  const accepted = parquet === null ? acceptedFormat : acceptedFileFormat;
  const format = params.format ?? accepted(c.env.accepts);
  const { limit = null, fields, time, bom } = params;
  // How rows are written and names resolved: equal for answers with the same presentation.
  const presentation = canonicalQuery({ fields, time, bom }) + JSON.stringify(list.names ?? null);
  const place = cursor?.place.join("-") ?? "first";
  const part = `${place} ${limit ?? "all"}`;
  const written = (page: Page<Item>) =>
    writtenPage(list, source, page, {
      format,
      // A format set by parameter depends on no header: a shared cache stores one response instead of one per browser.
      vary: params.format === null ? "Accept, Accept-Encoding" : "Accept-Encoding",
      params,
      coverage,
      query: `${queryHash} ${part} ${presentation}`,
      // Built from the parsed query, not from the address: other spellings of it get this answer, too.
      address: `${list.path ?? c.env.route}?${canonicalQuery({ ...params, cursor: null })}`,
      next:
        page.next === null
          ? null
          : encodeCursor({ kind, state: version, queryHash, place: page.next }),
    });
  const query = `${canonical} ${version} ${part} ${params.format ?? "accepts"} ${format} ${presentation}`;
  const make = (): AnswerContent | Promise<AnswerContent> => {
    const pauses = answers.pauses();
    const page = source.select(limit, pauses);
    const built = (shown: Page<Item>): AnswerContent | Promise<AnswerContent> => {
      const pageList = written(shown);
      return format === "parquet" && parquet !== null
        ? parquetContent(pageList, parquet, pauses)
        : inSteps(builtContent(writtenList(pageList)), pauses);
    };
    return page instanceof Promise ? page.then(built) : built(page);
  };
  const { isPast = false } = list.sources;
  return answers.respond(c.req.raw, c.env, { snapshot: freshFor, query, make, isPast });
}
