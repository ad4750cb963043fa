import type { Child } from "hono/jsx";
import { Layout, type PageAssets } from "../layout.tsx";

const PAGES = [
  { address: "/docs", title: "Reference" },
  { address: "/docs/terms", title: "Flags, reasons, formulas" },
  { address: "/docs/problems", title: "Problems" },
  { address: "/docs/try", title: "Try it" },
  { address: "/openapi.json", title: "OpenAPI 3.1" },
  { address: "/openapi-3.0.json", title: "OpenAPI 3.0" },
] as const;

/** The layout of documentation pages: the site's, plus the navigation between them. */
export function DocsFrame(props: {
  readonly title: string;
  readonly address: (typeof PAGES)[number]["address"];
  readonly description: string;
  readonly assets: PageAssets;
  /** Address of the page's script; most have none. */
  readonly script?: string;
  readonly children: Child;
}) {
  const { title, address, description, assets, script } = props;
  return (
    <Layout
      title={`${title}: Funding Finder`}
      description={description}
      assets={assets}
      {...(script !== undefined && { script })}
    >
      <p class="back">
        <a href="/">← Rates</a>
      </p>
      <h1>{title}</h1>
      <nav class="docs" aria-label="Documentation">
        {PAGES.map((page) => (
          <a href={page.address} {...(page.address === address && { "aria-current": "page" })}>
            {page.title}
          </a>
        ))}
      </nav>
      {props.children}
    </Layout>
  );
}
