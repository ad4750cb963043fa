import {
  type HistoryQuestions,
  type HistoryReader,
  HistoryUnavailable,
  type QuestionKind,
} from "../../services/history/history-reader.ts";
import { ApiError, busy } from "../protocol/problem.ts";

/** Suggested retry times: after an end the reader is started again at once; a file must be mended by someone. */
const RETRY_SECONDS = { ended: 2, timeout: 10, unreadable: 60 } as const;

/** Asks the reader of the history. Throws the 503 problems `busy` and `history_unavailable`. */
export async function askPast<Kind extends QuestionKind>(
  history: HistoryReader,
  kind: Kind,
  query: HistoryQuestions[Kind]["query"],
  request: Request,
): Promise<HistoryQuestions[Kind]["answer"]> {
  return readOrProblem(history.ask(kind, query, request.signal));
}

/** What was read of the past. Throws the 503 problems `busy` and `history_unavailable`. */
export async function readOrProblem<Answer>(reading: Promise<Answer>): Promise<Answer> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof HistoryUnavailable)) throw error;
    throw problemOf(error);
  }
}

function problemOf({ kind, message }: HistoryUnavailable): ApiError {
  switch (kind) {
    case "busy":
    case "cancelled":
      return busy(message);
    case "timeout":
    case "ended":
    case "unreadable":
      return new ApiError("history_unavailable", message, {
        headers: { "retry-after": String(RETRY_SECONDS[kind]) },
      });
  }
}
