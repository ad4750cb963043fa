import type { RequestFailureKind } from "./request-failure.ts";

/** CloudFront's page for a country that its customer does not serve (AWS: "Troubleshoot 403 errors from CloudFront"). */
const COUNTRY_PAGE = /CloudFront distribution is configured to block access from your country/;

/** CloudFront's page for requests blocked by a firewall for any reason: an address, a request rate, a header. */
const FIREWALL_PAGE = /\bRequest blocked\.[^]*\bcloudfront\b/i;

/** An exchange's own meaning of an error status; null to apply the general rule. */
export type Classify = (status: number, bodyStart: string) => RequestFailureKind | null;

/** What an HTTP error status means, judged by the body where possible. */
export function refusalKind(
  status: number,
  bodyStart: string,
  classify: Classify = () => null,
): RequestFailureKind {
  // These mean the same on every server, whatever its own rules are.
  if (status === 418) return "banned";
  if (status === 451) return "geo_blocked";
  if (status === 403 && COUNTRY_PAGE.test(bodyStart)) return "geo_blocked";
  const kind = classify(status, bodyStart) ?? (status === 429 ? "rate_limited" : "http");
  // Even if the exchange's rule treats every page as a country block: this page is not about countries.
  return kind === "geo_blocked" && FIREWALL_PAGE.test(bodyStart) ? "banned" : kind;
}
