import type { RequestFailureKind } from "./request-failure.ts";

/** CloudFront's page for a country that its customer does not serve (AWS: "Troubleshoot 403 errors from CloudFront"). */
const COUNTRY_PAGE = /CloudFront distribution is configured to block access from your country/;

/** CloudFront's page for what a firewall stopped, for whatever reason: an address, a pace, a header. */
const FIREWALL_PAGE = /\bRequest blocked\.[^]*\bcloudfront\b/i;

/** Reads a failure status in the server's own terms; null leaves the general rule. */
export type Classify = (status: number, bodyStart: string) => RequestFailureKind | null;

/** What an HTTP status that is no success means, by what its body says where that can be told. */
export function refusalKind(
  status: number,
  bodyStart: string,
  classify: Classify = () => null,
): RequestFailureKind {
  // These mean one thing on every server, whatever its own terms are.
  if (status === 418) return "banned";
  if (status === 451) return "geo_blocked";
  if (status === 403 && COUNTRY_PAGE.test(bodyStart)) return "geo_blocked";
  const kind = classify(status, bodyStart) ?? (status === 429 ? "rate_limited" : "http");
  // Where any page counts as that of a country: this one speaks of none.
  return kind === "geo_blocked" && FIREWALL_PAGE.test(bodyStart) ? "banned" : kind;
}
