const TOKEN = /\s*(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|min|max|[-+*/(),])\s*/iy;

/**
 * The value of a formula with its numbers inserted: numbers, + - * / ( ), min() and max(). Throws on anything else, so
 * that a formula with an unknown name never has a value.
 */
export function formulaValue(text: string): number {
  const tokens = tokensOf(text);
  const value = sum(tokens);
  if (tokens.length > 0) throw new Error(`${tokens[0]} is too much in: ${text}`);
  return value;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw new Error(`no formula from "${text.slice(from)}" on: ${text}`);
    tokens.push(token.toLowerCase());
  }
  return tokens;
}

function sum(tokens: string[]): number {
  let value = product(tokens);
  while (tokens[0] === "+" || tokens[0] === "-") {
    value += (tokens.shift() === "-" ? -1 : 1) * product(tokens);
  }
  return value;
}

function product(tokens: string[]): number {
  let value = factor(tokens);
  while (tokens[0] === "*" || tokens[0] === "/") {
    const divides = tokens.shift() === "/";
    const next = factor(tokens);
    value = divides ? value / next : value * next;
  }
  return value;
}

function factor(tokens: string[]): number {
  const token = tokens.shift();
  switch (token) {
    case "-":
      return -factor(tokens);
    case "+":
      return factor(tokens);
    case "(": {
      const value = sum(tokens);
      expectToken(tokens, ")");
      return value;
    }
    case "min":
      return Math.min(...listOf(tokens));
    case "max":
      return Math.max(...listOf(tokens));
  }
  const value = Number(token);
  if (token === undefined || Number.isNaN(value)) throw new Error(`no number but ${token}`);
  return value;
}

function listOf(tokens: string[]): number[] {
  expectToken(tokens, "(");
  const values = [sum(tokens)];
  while (tokens[0] === ",") {
    tokens.shift();
    values.push(sum(tokens));
  }
  expectToken(tokens, ")");
  return values;
}

function expectToken(tokens: string[], wanted: string): void {
  const token = tokens.shift();
  if (token !== wanted) throw new Error(`${token} instead of ${wanted}`);
}
