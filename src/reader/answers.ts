import type { Stepwise } from "../lib/stepwise.ts";
import type { SettledPage } from "../services/history/settled-page.ts";
import type { KnownPast } from "./known-past.ts";
import type { Answer, Question } from "./protocol.ts";
import { settledPage } from "./settled.ts";

/** Answers one question, in steps of about a millisecond each. */
export function answerTo(known: KnownPast, { kind, query }: Question): Stepwise<Answer> {
  switch (kind) {
    case "settled":
      return settledPage(known, query);
  }
}

/** The memory of an answer that is handed over instead of copied. */
export function transferOf(answer: Answer): ArrayBuffer[] {
  const { points } = answer satisfies SettledPage;
  return Object.values(points).flatMap((column) =>
    typeof column === "string" ? [] : [column.buffer],
  );
}
