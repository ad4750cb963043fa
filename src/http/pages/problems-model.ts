import type { ProblemModel } from "../../web/docs-model.ts";
import { exampleOf } from "../openapi/document.ts";
import { PROBLEMS, type ProblemCode, problemType } from "../protocol/problem.ts";

/** What each problem means and what to do about it. A code without an entry does not compile. */
const ADVICE = {
  bad_request: {
    meaning: "The address or the request line is not what HTTP allows, so nothing of it was read.",
    cure: "Send a plain HTTP request; percent-encode what is not a letter, a digit or one of `-._~`.",
  },
  bad_parameter: {
    meaning:
      "One or more parameters are unknown here or break their rule. `detail` says the first rule, `errors` has all of them.",
    cure: "Mend what `errors` names. An empty value is an error, not a default: leave the parameter out.",
  },
  bad_cursor: {
    meaning: "The cursor is not one of ours, or was made for another query or another order.",
    cure: "Start again without `cursor`, and send `next_cursor` with the same query that it came with.",
  },
  not_found: {
    meaning: "There is no such address. Paths are in lower case and have no slash at the end.",
    cure: "Look the address up in the reference at /docs.",
  },
  unknown_base: {
    meaning: "No exchange has listed the asset as far as this service remembers.",
    cure: "Look for its name in /api/instruments. Aliases are understood (`XBT` is `BTC`).",
  },
  unknown_instrument: {
    meaning: "The exchange has no instrument with this symbol now; it may have been delisted.",
    cure: "Take `exchange` and `exchange_symbol` from a row, verbatim, percent-encoded.",
  },
  method_not_allowed: {
    meaning: "The address is there, but it does not take this method.",
    cure: "Use one of the methods in the header `Allow`.",
  },
  cursor_expired: {
    meaning: "Pages are read from one snapshot, and that of this cursor is not kept any more.",
    cure: "Start again without `cursor`, and read the pages without long pauses.",
  },
  uri_too_long: {
    meaning: "The address has more characters than are read.",
    cure: "Ask for fewer names at once, in several requests.",
  },
  stream_limit: {
    meaning:
      "So many streams come from this address (of IPv6, its /64) that it gets no further one.",
    cure: "End a stream, or use one with a wider filter; wait as `Retry-After` says.",
  },
  internal: {
    meaning: "An error of ours. It says nothing more on purpose.",
    cure: "Try again; where it stays, give the operator the `request_id`.",
  },
  not_ready: {
    meaning: "The service has just started and no exchange has answered yet.",
    cure: "Wait as `Retry-After` says.",
  },
  no_data: {
    meaning:
      "All exchanges that were asked for are missing, so that nothing can be known: an empty list would say that there is nothing. `missing` names them.",
    cure: "Wait as `Retry-After` says, or ask for other exchanges.",
  },
  busy: {
    meaning: "More answers are being made or sent than this machine can bear.",
    cure: "Wait as `Retry-After` says; ask for fewer rows, or for compressed ones.",
  },
  too_many_streams: {
    meaning: "The service has as many streams, or as many different filters, as it can serve.",
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
