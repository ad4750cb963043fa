import type { Coverage } from "../../services/board/coverage.ts";
import type { NamesFound } from "../../services/finder/asset-lookup.ts";
import { coverageHeaders } from "../openapi/missing-exchanges.ts";
import type { FixedHeaders } from "../protocol/headers.ts";
import type { FileFormat } from "../protocol/list-format.ts";
import { namesHeaders } from "./resolved-names.ts";
import { thresholdHeader } from "./thresholds.ts";

/** The data for the headers of one page. */
interface PageFacts {
  /** The list's name, and that of the state it was answered from: with the format they name the file. */
  readonly name: string;
  readonly version: string;
  readonly format: FileFormat;
  /** `fetched_at`, in the answer's time format. */
  readonly fetchedAt: number | string;
  readonly total: number;
  readonly coverage: Coverage;
  readonly names: NamesFound | null;
  readonly params: Parameters<typeof thresholdHeader>[0];
  /** The address of the next page; null on the last. */
  readonly nextAddress: string | null;
}

/** Headers for programs that save the file or do not read the body; formats without an envelope have these facts here only. */
export function listHeaders(page: PageFacts): FixedHeaders {
  const { name, version, format, nextAddress } = page;
  return {
    ...(format !== "json" && {
      "content-disposition": `attachment; filename="${name}-${version}.${format}"`,
      ...coverageHeaders(page.coverage),
      ...namesHeaders(page.names),
      ...thresholdHeader(page.params),
    }),
    "x-snapshot": version,
    "x-fetched-at": String(page.fetchedAt),
    "x-total-count": String(page.total),
    ...(nextAddress === null ? {} : { link: `<${nextAddress}>; rel="next"` }),
  };
}
