// Shows the answers of /docs/try beneath their forms. Without it a form leads to its answer.

/** More text than anyone reads makes the page slow; a list of the whole market has megabytes. */
const MOST_CHARACTERS = 200_000;

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

/** Opens the form that the address names. */
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
  // It leads to the address without the empty fields.
  const response = await fetch(`${form.action}?${new URLSearchParams(new FormData(form))}`);
  const { text, isCut } = await bodyOf(response);
  const took = Math.round(performance.now() - began);
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  const shown = isJson && !isCut ? JSON.stringify(JSON.parse(text), null, 2) : text;
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const more = element("details", "");
  more.append(element("summary", "Headers"), block("Headers", headers));
  return [
    element("p", `${response.status} ${response.statusText}, ${took} ms`),
    block("Command", `curl '${response.url}'`),
    more,
    block("Body", isCut ? `${shown}\n… the rest is left out here` : shown),
  ];
}

/** The body as text; of a long one its beginning, of a stream its first event. */
async function bodyOf(response) {
  const isStream = (response.headers.get("content-type") ?? "").includes("event-stream");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text, isCut: false };
    text += value;
    if (text.length >= MOST_CHARACTERS || (isStream && text.includes("\n\n"))) {
      await reader.cancel();
      return { text: text.slice(0, MOST_CHARACTERS), isCut: true };
    }
  }
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** A block that scrolls by itself, with the keyboard as well. */
function block(label, text) {
  const made = element("pre", text);
  made.tabIndex = 0;
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", label);
  return made;
}
