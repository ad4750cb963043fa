import type { ProblemModel } from "../../web/docs-model.ts";
import { exampleOf } from "../openapi/document.ts";
import { PROBLEMS, type ProblemCode, problemType } from "../protocol/problem.ts";

/** The meaning of each problem and its remedy. A code without an entry does not compile. */
const ADVICE = {
  bad_request: {
    meaning: "The address or the request line is not valid HTTP, so the request was not read.",
    cure: "Send a plain HTTP request; percent-encode everything except letters, digits and `-._~`.",
  },
  bad_parameter: {
    meaning:
      "One or more parameters are unknown or invalid. `detail` names the first rule that was broken, `errors` lists all of them.",
    cure: "Correct what `errors` lists. An empty value is an error, not a default: omit the parameter instead.",
  },
  bad_cursor: {
    meaning:
      "The cursor was not issued by this service, or belongs to another query or sort order.",
    cure: "Start again without `cursor`, and send `next_cursor` with the same query that it came with.",
  },
  not_found: {
    meaning: "There is no such endpoint. Paths are in lower case and have no trailing slash.",
    cure: "Look the address up in the reference at /docs.",
  },
  unknown_base: {
    meaning: "As far as this service knows, no exchange has ever listed the asset.",
    cure: "Search for it with /api/assets?q=. Aliases are understood (`XBT` is `BTC`).",
  },
  unknown_instrument: {
    meaning:
      "The exchange currently has no instrument with this symbol; it may have been delisted.",
    cure: "Take `exchange` and `exchange_symbol` from a row, verbatim, percent-encoded.",
  },
  no_history: {
    meaning:
      "There are no samples of the moment in `as_of`: it is before the first one, or nothing was collected in the hours before it.",
    cure: "Ask for a later moment: `detail` names the first one.",
  },
  method_not_allowed: {
    meaning: "The endpoint exists but does not support this method.",
    cure: "Use one of the methods in the header `Allow`.",
  },
  cursor_expired: {
    meaning:
      "All pages are read from one snapshot, and the snapshot of this cursor is no longer kept; of a past moment, it is now shown from other samples.",
    cure: "Start again without `cursor`, and read the pages without long pauses.",
  },
  uri_too_long: {
    meaning: "The address is longer than the limit.",
    cure: "Split the names over several requests.",
  },
  stream_limit: {
    meaning: "Your address (for IPv6, its /64) already has the maximum number of streams.",
    cure: "Close a stream, or use one with a broader filter; wait as `Retry-After` says.",
  },
  internal: {
    meaning: "An error on our side. Details are withheld on purpose.",
    cure: "Try again; if it persists, give the operator the `request_id`.",
  },
  not_ready: {
    meaning: "The service has just started and no exchange has answered yet.",
    cure: "Wait as `Retry-After` says.",
  },
  no_data: {
    meaning:
      "All requested exchanges are missing, so nothing is known: an empty list would claim that there is nothing. `missing` names them.",
    cure: "Wait as `Retry-After` says, or ask for other exchanges.",
  },
  busy: {
    meaning: "More answers are being computed or sent than this machine can handle.",
    cure: "Wait as `Retry-After` says; request fewer rows, or compressed answers.",
  },
  history_unavailable: {
    meaning:
      "The past cannot be read at the moment: its file is damaged or unreachable, or reading it took too long. Live rates are not affected.",
    cure: "Wait as `Retry-After` says; if it took too long, ask for a shorter range or fewer exchanges.",
  },
  too_many_streams: {
    meaning: "The service has reached its limit of streams or of distinct filters.",
    cure: "Wait as `Retry-After` says, or ask /api/funding/current once per snapshot.",
  },
} as const satisfies Record<ProblemCode, { readonly meaning: string; readonly cure: string }>;

/** An entry for each code, in the order of the contract. */
export function problemsModel(publicUrl: string | null): ProblemModel[] {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  return codes.map((code) => ({
    code,
    ...PROBLEMS[code],
    ...ADVICE[code],
    example: JSON.stringify({ ...exampleOf(code), type: problemType(code, publicUrl) }, null, 2),
  }));
}
