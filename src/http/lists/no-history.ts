import type { Snapshot } from "../../domain/market.ts";
import type { Coverage } from "../../services/board/coverage.ts";
import { LOOK_BACK_MS } from "../../services/history/past-market.ts";
import { ApiError } from "../protocol/problem.ts";
import { secondsOf } from "./row-fields.ts";
import { isoMoment } from "./shown-fields.ts";

/** The problems for moments of which there is nothing to show. */

const LOOK_BACK_HOURS = LOOK_BACK_MS / 3_600_000;

/** The problem for a moment without any sample in the look-back. `firstMs`: the first sample of all; null without any. */
export function nothingRecorded(askedMs: number, firstMs: number | null): ApiError {
  if (firstMs === null) return new ApiError("no_history", "No samples are stored yet.");
  const detail =
    askedMs < firstMs
      ? `The first samples are of ${named(firstMs)}.`
      : `Nothing was recorded in the ${LOOK_BACK_HOURS} hours before ${named(askedMs)}; the first samples are of ${named(firstMs)}.`;
  return new ApiError("no_history", detail);
}

/** The problem for exchanges without any sample in a snapshot of the past. */
export function noRatesThen({ asOfMs }: Snapshot, { missing }: Coverage): ApiError {
  const exchanges = missing.map(({ exchange }) => exchange).join(", ");
  return new ApiError(
    "no_history",
    `There are no samples of ${exchanges} in the ${LOOK_BACK_HOURS} hours before ${named(asOfMs)}.`,
    { missing },
  );
}

function named(ms: number): string {
  const seconds = secondsOf(ms);
  return `${isoMoment(seconds)} (${seconds})`;
}
