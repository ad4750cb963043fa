import { parquetBytes } from "../lib/parquet.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import type { KnownPast } from "./known-past.ts";
import type { Answer, Question } from "./protocol.ts";
import { settledPage } from "./settled.ts";

/** Answers one question, in steps of about a millisecond each; only a file is written in one. */
export function* answerTo(known: KnownPast, { kind, query }: Question): Stepwise<Answer> {
  switch (kind) {
    case "parquet":
      return parquetBytes(query);
    case "settled":
      return yield* settledPage(known, query);
  }
}
