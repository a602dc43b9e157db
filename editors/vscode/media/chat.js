// The chat's view: shows what the extension tells it, says what the person says. All text is set as text, never as HTML.
"use strict";

const host = acquireVsCodeApi();
const log = document.querySelector("#log");
const form = document.querySelector("#form");
const prompt = document.querySelector("#prompt");
const send = document.querySelector("#send");
const mode = document.querySelector("#mode");
const model = document.querySelector("#model");
const suggestions = document.querySelector("#suggestions");
const strip = document.querySelector("#pictures");

let isBusy = false;
let commands = [];
/** Pictures that the next request shows: `mimeType`, `data` in base64, `name`. */
let pictures = [];
/** The element that what streams in is added to, and its text so far. */
let open = null;
const tools = new Map();
const asks = new Map();

function make(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function add(element) {
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  log.append(element);
  if (isAtEnd) log.scrollTop = log.scrollHeight;
  return element;
}

function stream(kind, text) {
  if (open?.kind !== kind) open = { kind, text: "", element: add(make("div", kind)) };
  open.text += text;
  if (kind === "agent") open.element.replaceChildren(...markdown(open.text));
  else open.element.textContent = open.text;
  log.scrollTop = log.scrollHeight;
}

/** As much of Markdown as answers have: paragraphs, lists, headings, code. */
function markdown(text) {
  const blocks = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (/^```/.test(line)) {
      const end = lines.findIndex((it, to) => to > at && /^```/.test(it));
      const code = lines.slice(at + 1, end < 0 ? lines.length : end);
      const pre = make("pre");
      pre.append(make("code", "", code.join("\n")));
      blocks.push(pre);
      at = end < 0 ? lines.length : end + 1;
    } else if (/^\s*([-*]|\d+\.)\s/.test(line)) {
      const list = make(/^\s*\d/.test(line) ? "ol" : "ul");
      while (at < lines.length && /^\s*([-*]|\d+\.)\s/.test(lines[at])) {
        list.append(inline(make("li"), lines[at].replace(/^\s*([-*]|\d+\.)\s+/, "")));
        at++;
      }
      blocks.push(list);
    } else if (/^#{1,4}\s/.test(line)) {
      blocks.push(inline(make("h3"), line.replace(/^#+\s+/, "")));
      at++;
    } else if (line.trim() === "") {
      at++;
    } else {
      const from = at;
      while (at < lines.length && lines[at].trim() !== "" && !/^(```|#{1,4}\s|\s*([-*]|\d+\.)\s)/.test(lines[at])) at++;
      blocks.push(inline(make("p"), lines.slice(from, Math.max(at, from + 1)).join("\n")));
      at = Math.max(at, from + 1);
    }
  }
  return blocks;
}

function inline(element, text) {
  for (const part of text.split(/(`[^`]+`|\*\*[^*]+\*\*)/)) {
    if (/^`.+`$/.test(part)) element.append(make("code", "", part.slice(1, -1)));
    else if (/^\*\*.+\*\*$/.test(part)) element.append(make("strong", "", part.slice(2, -2)));
    else element.append(part);
  }
  return element;
}

function tool(it) {
  let known = tools.get(it.id);
  if (!known) {
    const details = make("details", "tool");
    const summary = make("summary");
    const title = make("span");
    const body = make("pre");
    summary.append(title);
    details.append(summary, body);
    known = { details, title, body };
    tools.set(it.id, known);
    add(details);
    open = null;
  }
  if (it.title) known.title.textContent = it.title;
  if (it.status) known.details.dataset.status = it.status;
  if (it.text) known.body.textContent = it.text;
  known.body.hidden = !known.body.textContent;
}

function ask(it) {
  const box = make("div", "ask");
  const buttons = make("div", "buttons");
  const button = (text, message, first) => {
    const made = make("button", first ? "first" : "", text);
    made.type = "button";
    made.addEventListener("click", () => host.postMessage(message));
    buttons.append(made);
  };
  const answer = (value) => ({ type: "answer", ask: it.ask, answer: value });
  if (it.kind === "review") {
    const files = it.files.map((file) => file.path).join(", ");
    box.append(make("strong", "", it.title), make("div", "", `+${it.added_lines} −${it.removed_lines} in ${files}`));
    if (it.evidence) box.append(make("div", "note", it.evidence));
    for (const reason of it.reasons) box.append(make("div", "note", reason));
    button("Approve", answer({ answer: "approve" }), true);
    button("Review", { type: "review", ask: it.ask });
    button("Skip", answer({ answer: "skip" }));
    button("Stop", answer({ answer: "stop" }));
  } else if (it.kind === "question") {
    box.append(make("strong", "", it.text));
    it.options.forEach((option, at) => button(option, answer({ answer: "say", text: option }), at === 0));
    button("Skip", answer({ answer: "skip" }));
  } else {
    box.append(make("strong", "", `May Kiro do this? ${it.act}`));
    for (const reason of it.reasons) box.append(make("div", "note", reason));
    button("Yes, once", answer({ answer: "yes" }), true);
    for (const offer of it.offers) button(`Yes, and ${offer.text}`, answer({ answer: "yes", offer: offer.number }));
    button("No", answer({ answer: "no" }));
  }
  box.append(buttons);
  asks.set(it.ask, box);
  add(box);
  open = null;
}

function state(it) {
  isBusy = it.busy;
  send.textContent = isBusy ? "Stop" : "Send";
  mode.textContent = it.mode === "guided" ? "Guided" : "Autopilot";
  model.textContent = it.model;
  model.title = it.model;
  for (const [id, box] of asks) box.classList.toggle("over", !it.open.includes(id));
}

window.addEventListener("message", ({ data: it }) => {
  switch (it.type) {
    case "user":
      open = null;
      return add(user(it));
    case "agent":
    case "thought":
      return stream(it.type, it.text);
    case "tool":
      return tool(it);
    case "ask":
      return ask(it.ask);
    case "note":
    case "error":
      open = null;
      return add(make("div", it.type, it.text));
    case "turn_ended":
      open = null;
      return;
    case "commands":
      commands = it.commands;
      return;
    case "state":
      return state(it);
    case "clear":
      open = null;
      tools.clear();
      asks.clear();
      return log.replaceChildren();
  }
});

function user(it) {
  const box = make("div", "user", it.text);
  for (const picture of it.pictures ?? []) box.append(image(picture));
  return box;
}

function image({ mimeType, data, name }) {
  const made = make("img", "picture");
  made.alt = name;
  made.title = name;
  made.src = `data:${mimeType};base64,${data}`;
  return made;
}

/** Takes pictures of a paste or a drop; says whether there were any. */
function take(files) {
  const taken = [...files].filter((it) => it.type.startsWith("image/"));
  for (const file of taken) {
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      const data = String(reader.result).split(",")[1] ?? "";
      pictures.push({ mimeType: file.type, data, name: file.name || "pasted picture" });
      showPictures();
    });
    reader.readAsDataURL(file);
  }
  return taken.length > 0;
}

function showPictures() {
  strip.replaceChildren(
    ...pictures.map((it) => {
      const button = make("button");
      button.type = "button";
      button.title = `Remove ${it.name}`;
      button.setAttribute("aria-label", button.title);
      button.append(image(it));
      button.addEventListener("click", () => {
        pictures = pictures.filter((other) => other !== it);
        showPictures();
        prompt.focus();
      });
      return button;
    }),
  );
  strip.hidden = pictures.length === 0;
}

function suggest() {
  const typed = /^\/(\w*)$/.exec(prompt.value)?.[1];
  const found = typed === undefined ? [] : commands.filter((it) => it.name.startsWith(typed));
  suggestions.replaceChildren(
    ...found.map((it, at) => {
      const item = make("li");
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", String(at === 0));
      item.append(make("strong", "", `/${it.name}`), make("span", "", it.description));
      item.addEventListener("click", () => choose(it));
      return item;
    }),
  );
  suggestions.hidden = found.length === 0;
}

function choose(command) {
  prompt.value = `/${command.name} `;
  suggestions.hidden = true;
  prompt.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (isBusy) return host.postMessage({ type: "stop" });
  const text = prompt.value.trim();
  if (!text && pictures.length === 0) return;
  host.postMessage({ type: "prompt", text, pictures });
  prompt.value = "";
  pictures = [];
  showPictures();
  suggest();
});
prompt.addEventListener("input", suggest);
prompt.addEventListener("keydown", (event) => {
  const selected = suggestions.hidden ? null : suggestions.querySelector('[aria-selected="true"]');
  if (event.key === "Tab" && selected) {
    event.preventDefault();
    selected.click();
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    if (!isBusy) form.requestSubmit();
  } else if (event.key === "Escape") {
    suggestions.hidden = true;
  }
});
prompt.addEventListener("paste", (event) => {
  if (take(event.clipboardData?.files ?? [])) event.preventDefault();
});
form.addEventListener("dragover", (event) => event.preventDefault());
form.addEventListener("drop", (event) => {
  if (take(event.dataTransfer?.files ?? [])) event.preventDefault();
});
mode.addEventListener("click", () => host.postMessage({ type: "mode" }));

host.postMessage({ type: "ready" });
