/** The interactive API documentation. Everything it loads lies beside it. */
export function DocsPage() {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Funding Finder API</title>
        <link rel="stylesheet" href="/docs/swagger-ui.css" />
        <link rel="icon" href="data:," />
        <script src="/docs/swagger-ui-bundle.js" defer></script>
        <script src="/docs/start.js" defer></script>
      </head>
      <body>
        <div id="docs"></div>
        <noscript>
          This page needs a script. The document itself is at{" "}
          <a href="/openapi.json">/openapi.json</a>.
        </noscript>
      </body>
    </html>
  );
}
