// Shows the answers of /docs/try below their forms. Without it a form opens its answer.

/** One value that can be laid out: JSON and problem+json, not the lines of x-ndjson. */
const JSON_VALUE = /^application\/(\w+\+)?json\b/;

/** Long texts make the page slow, and a list of the whole market has megabytes. */
const MAX_CHARACTERS = 200_000;

for (const form of document.querySelectorAll(".try form")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void show(form);
  });
  const clear = form.querySelector(".clear");
  if (clear !== null) {
    clear.hidden = false;
    clear.addEventListener("click", () => {
      for (const field of form.querySelectorAll("input, select"))
        if (!field.required) field.value = "";
    });
  }
}
openAsked();
addEventListener("hashchange", openAsked);

/** Opens the form named by the fragment of the address. */
function openAsked() {
  const form = document.getElementById(location.hash.slice(1));
  if (form === null || !form.matches(".try form")) return;
  form.parentElement.open = true;
  form.scrollIntoView();
}

async function show(form) {
  const place = form.nextElementSibling;
  place.hidden = false;
  place.setAttribute("aria-busy", "true");
  place.replaceChildren(element("p", "Waiting for the answer …"));
  place.replaceChildren(...(await answerTo(form).catch((error) => [element("p", String(error))])));
  place.removeAttribute("aria-busy");
}

async function answerTo(form) {
  const began = performance.now();
  // Redirects to the address without the empty fields.
  const response = await fetch(`${form.action}?${new URLSearchParams(new FormData(form))}`);
  const { text, isCut } = await bodyOf(response);
  const took = Math.round(performance.now() - began);
  const isJson = JSON_VALUE.test(response.headers.get("content-type") ?? "");
  const shown = isJson && !isCut ? JSON.stringify(JSON.parse(text), null, 2) : text;
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const more = element("details", "");
  more.append(element("summary", "Headers"), block("Headers", headers));
  return [
    element("p", `${response.status} ${response.statusText}, ${took} ms`),
    // A path may contain an apostrophe, which would end the quotes.
    block("Command", `curl '${response.url.replaceAll("'", "%27")}'`),
    more,
    block("Body", isCut ? `${shown}\n… (the rest is not shown)` : shown),
  ];
}

/** The body as text: the beginning of a long one, the first event of a stream. */
async function bodyOf(response) {
  const isStream = (response.headers.get("content-type") ?? "").includes("event-stream");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text, isCut: false };
    text += value;
    if (text.length >= MAX_CHARACTERS || (isStream && text.includes("\n\n"))) {
      await reader.cancel();
      return { text: text.slice(0, MAX_CHARACTERS), isCut: true };
    }
  }
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** A block that scrolls on its own, also by keyboard. */
function block(label, text) {
  const made = element("pre", text);
  made.tabIndex = 0;
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", label);
  return made;
}
