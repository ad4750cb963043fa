import type { ExchangeId } from "../domain/exchange.ts";
import type { HistoryQuestions, QuestionKind } from "../services/history/history-reader.ts";

/** What the reader thread needs to know. Plain data, as it crosses a thread boundary. */
export interface ReaderSettings {
  /** The market file; the history file is named after it. */
  readonly databasePath: string;
  /** Exchanges whose past can be read at the source. */
  readonly withHistory: readonly ExchangeId[];
}

/** A question with its kind. */
export type Question = {
  [Kind in QuestionKind]: { readonly kind: Kind; readonly query: HistoryQuestions[Kind]["query"] };
}[QuestionKind];

/** From the main thread to the reader. */
export type ToReader =
  | { readonly type: "start"; readonly settings: ReaderSettings }
  | { readonly type: "ask"; readonly id: number; readonly question: Question }
  /** No one waits for the answer any more. */
  | { readonly type: "cancel"; readonly id: number };

export type Answer = HistoryQuestions[QuestionKind]["answer"];

/** From the reader to the main thread: one answer to each question that is not cancelled. */
export type FromReader =
  | { readonly type: "answer"; readonly id: number; readonly answer: Answer }
  /** `isUnreadable`: because of the file, else because of an error in this program. */
  | {
      readonly type: "failed";
      readonly id: number;
      readonly isUnreadable: boolean;
      readonly reason: string;
    };

/** The memory of a question or an answer that is handed over instead of copied: every array of numbers in it. */
export function transferOf(value: unknown): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) return value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  if (typeof value !== "object" || value === null) return [];
  // Texts come by the thousand.
  if (Array.isArray(value) && typeof value[0] === "string") return [];
  return Object.values(value).flatMap(transferOf);
}
