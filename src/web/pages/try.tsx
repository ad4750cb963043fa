/**
 * The interactive API documentation. It loads only local files and contains nothing that is not in the reference. Only
 * the viewer's style sheet is used: the site's would restyle the viewer's tables and badges.
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
            Trying requests needs JavaScript. The <a href="/docs">reference</a> does not.
          </p>
        </noscript>
      </body>
    </html>
  );
}
