import type { Child } from "hono/jsx";

/** URL of the site's style sheet, with the hash of its content. */
export interface PageAssets {
  readonly styleSheet: string;
}

/** The layout of every page of the site. */
export function Layout(props: {
  readonly title: string;
  readonly description: string;
  readonly assets: PageAssets;
  /** Address of the page's script; most have none. */
  readonly script?: string;
  readonly children: Child;
}) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="description" content={props.description} />
        <title>{props.title}</title>
        <link rel="stylesheet" href={props.assets.styleSheet} />
        <link rel="icon" href="data:," />
        {props.script === undefined ? null : <script src={props.script} defer></script>}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="site">
          <a class="brand" href="/">
            Funding Finder
          </a>
          <nav aria-label="Site">
            <a href="/docs">API</a>
            <a href="/api/funding/current">JSON</a>
            <a href="/api/health">Health</a>
          </nav>
        </header>
        <main id="main">{props.children}</main>
        <footer class="site">
          <p>
            Positive rates: longs pay shorts. Annualised is simple interest, the rate assumed
            constant. No advice.
          </p>
        </footer>
      </body>
    </html>
  );
}
