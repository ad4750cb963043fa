import type { PageAssets } from "../layout.tsx";

/** The interactive API documentation. Everything it loads lies beside it; what it says is in the reference as well. */
export function TryPage(props: { readonly assets: PageAssets }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Try the API: Funding Finder</title>
        <link rel="stylesheet" href="/docs/swagger-ui.css" />
        <link rel="stylesheet" href={props.assets.styleSheet} />
        <link rel="icon" href="data:," />
        <script src="/docs/swagger-ui-bundle.js" defer></script>
        <script src="/docs/start.js" defer></script>
      </head>
      <body>
        <header class="site">
          <a class="brand" href="/">
            Funding Finder
          </a>
          <nav aria-label="Site">
            <a href="/docs">API reference</a>
            <a href="/openapi.json">OpenAPI 3.1</a>
          </nav>
        </header>
        <div id="docs"></div>
        <noscript>
          <p class="notice">
            Trying requests out needs a script. The <a href="/docs">reference</a> does not.
          </p>
        </noscript>
      </body>
    </html>
  );
}
