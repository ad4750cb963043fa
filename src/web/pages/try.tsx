/**
 * The interactive API documentation. Everything it loads lies beside it; what it says is in the reference as well. It has
 * the viewer's style sheet alone: that of the site would dress the viewer's own tables and badges.
 */
export function TryPage() {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Try the API: Funding Finder</title>
        <link rel="stylesheet" href="/docs/swagger-ui.css" />
        <link rel="icon" href="data:," />
        <script src="/docs/swagger-ui-bundle.js" defer></script>
        <script src="/docs/start.js" defer></script>
      </head>
      <body>
        <nav aria-label="Site" style="padding: 1rem; font-family: sans-serif">
          <a href="/">← Rates</a> · <a href="/docs">API reference</a> ·{" "}
          <a href="/openapi.json">OpenAPI 3.1</a>
        </nav>
        <div id="docs"></div>
        <noscript>
          <p style="padding: 1rem; font-family: sans-serif">
            Trying requests out needs a script. The <a href="/docs">reference</a> does not.
          </p>
        </noscript>
      </body>
    </html>
  );
}
