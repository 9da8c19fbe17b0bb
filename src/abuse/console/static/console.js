"use strict";
// Keys, copying, and the picture of a cluster. Everything works without, but for the picture.

const rows = () => [...document.querySelectorAll("[data-row] .row-link")];

function step(by) {
  const links = rows();
  if (!links.length) return;
  const row = document.activeElement && document.activeElement.closest("[data-row]");
  const at = row ? links.findIndex((link) => row.contains(link)) : -1;
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by));
  links[next].focus();
  links[next].scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  const typed = event.target.closest("input, select, textarea, #graph");
  if (event.key === "Escape" && typed) typed.blur();
  if (typed || event.ctrlKey || event.metaKey || event.altKey) return;
  const turn = { n: "next", p: "prev" }[event.key];
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "/") { const box = document.getElementById("q"); if (box) { event.preventDefault(); box.focus(); } }
  else if (event.key === "n" && document.querySelector("[data-next]")) document.querySelector("[data-next]").click();
  else if (document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)) { event.preventDefault(); wanted(document.querySelector(`[data-key="${CSS.escape(event.key)}"]`)); }
  else if (turn) { const link = document.querySelector(`.pager a[rel=${turn}]`); if (link) link.click(); }
});

// A form of decisions: a reason fits some of its buttons, and some need none. The server checks it again.
const plain = ["note", "take"];
const fits = (option, action) => plain.includes(action) || !option.value || option.dataset.for.split(" ").includes(action);

// A letter alone sends nothing: who speaks to the machine, or leans on a key, would decide on a whole cluster (WCAG 2.1.4).
// It leads to its button, or to the reason that is missing; Enter sends either.
function wanted(button) {
  const form = button.form, select = form.querySelector("[data-reason]");
  if (!select || plain.includes(button.value) || (select.value && fits(select.selectedOptions[0], button.value))) { button.focus(); return; }
  form.dataset.wanted = button.value;
  for (const option of select.options) option.disabled = !fits(option, button.value);
  select.value = "";
  select.focus();
}

function count(form) {
  const num = document.querySelectorAll(`input[name=${form.dataset.ticks}]:checked`).length;
  const told = form.querySelector("[data-num]");
  told.dataset.none ??= told.textContent;
  told.textContent = num ? `${num} ticked` : told.dataset.none;
}

// A browser may give ticks back that were set before this ran.
addEventListener("pageshow", () => document.querySelectorAll("form[data-ticks]").forEach(count));

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form || !form.matches("[data-decide]")) return;
  if (event.target.matches("[data-reason]")) {
    for (const button of form.querySelectorAll("button[name=action]")) button.disabled = !fits(event.target.selectedOptions[0], button.value);
  }
  if (form.dataset.ticks && event.target.name === form.dataset.ticks) count(form);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.form;
  if (event.key !== "Enter" || !event.target.matches("[data-reason]") || !event.target.value || !form.dataset.wanted) return;
  event.preventDefault();
  form.querySelector(`button[value=${form.dataset.wanted}]`).click();
});

// What HTMX could not send or was not answered must not pass for done.
for (const name of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(name, (event) => {
  const form = event.target.closest("form[method=post]");
  if (!form || event.detail.xhr.getResponseHeader("hx-redirect")) return;
  const line = form.querySelector(".failed") || form.appendChild(Object.assign(document.createElement("p"), { className: "failed" }));
  line.setAttribute("role", "alert");
  line.textContent = `The console answered ${event.detail.xhr.status || "nothing"}. Load the page again to see what is written.`;
});

document.addEventListener("focusout", (event) => {
  if (!event.target.matches("[data-reason]")) return;
  for (const option of event.target.options) option.disabled = false;
  delete event.target.form.dataset.wanted;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const told = button.parentElement.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    told.textContent = "Copied.";
  } catch (why) {
    getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    told.textContent = "Selected: copy it with the keyboard.";
  }
});

function look() {
  const from = getComputedStyle(document.documentElement);
  const colour = (name) => from.getPropertyValue(`--${name}`).trim();
  const node = { "background-color": colour("not_analysed"), width: 20, height: 20, label: "data(label)", color: colour("ink"), "font-size": 12, "min-zoomed-font-size": 9, "text-valign": "bottom", "text-margin-y": 3, "text-background-color": colour("surface"), "text-background-opacity": 0.8 };
  const line = { width: 1.5, "curve-style": "bezier", "line-color": colour("payment"), "target-arrow-color": colour("payment"), label: "data(label)", color: colour("quiet"), "font-size": 9, "min-zoomed-font-size": 7, "text-rotation": "autorotate", "text-background-color": colour("surface"), "text-background-opacity": 0.9, "arrow-scale": 1.2 };
  const style = [
    { selector: "node", style: node },
    { selector: "edge", style: line },
    { selector: "edge[?is_directed]", style: { "target-arrow-shape": "triangle" } },
    { selector: "node[kind = 'core']", style: { shape: "rectangle", "background-color": colour("core"), width: 34, height: 34, "font-weight": "bold", "font-size": 22, "min-zoomed-font-size": 6 } },
    { selector: "node[kind = 'other']", style: { shape: "rectangle", "background-color": colour("core") } },
    { selector: "node[kind = 'service']", style: { shape: "rectangle", "background-opacity": 0, "border-width": 2, "border-style": "dashed", "border-color": colour("service"), color: colour("quiet"), "font-size": 22, "min-zoomed-font-size": 6, "text-halign": "center" } },
    { selector: "node[kind = 'rest']", style: { "background-opacity": 0, "border-width": 1, "border-color": colour("quiet"), width: 30, height: 30, "text-valign": "center", "text-margin-y": 0, "text-background-opacity": 0 } },
    { selector: ":selected, .near", style: { "overlay-color": colour("accent"), "overlay-opacity": 0.25, "overlay-padding": 4 } },
  ];
  for (const name of ["disqualified", "review", "clear", "exempt"]) style.push({ selector: `node[verdict = '${name}']`, style: { "background-color": colour(name) } });
  for (const name of ["funding", "sink", "sequence"]) style.push({ selector: `edge[group = '${name}']`, style: { "line-color": colour(name), "target-arrow-color": colour(name) } });
  style.push({ selector: "edge[group = 'sequence']", style: { "line-style": "dashed" } });
  return style;
}

async function draw(frame) {
  const told = document.getElementById("graph-told");
  const answer = await fetch(frame.dataset.src, { headers: { accept: "application/json" } });
  if (!answer.ok) { told.textContent = "The picture cannot be had just now; the tables below hold the same."; return; }
  const found = await answer.json();
  const elements = [
    ...found.nodes.map(({ x, y, ...data }) => ({ data, position: { x, y } })),
    ...found.edges.map((data) => ({ data })),
  ];
  const picture = cytoscape({ container: frame, elements, style: look(), layout: { name: "preset", padding: 30 }, minZoom: 0.05, maxZoom: 4, autoungrabify: true, boxSelectionEnabled: false });
  const hidden = found.num_members - found.num_members_drawn;
  const start = hidden > 0 ? `${found.num_members_drawn} of ${found.num_members} members are drawn; +N stands for those that are not. ` : "";
  const rest = start + "Point at a wallet or a line to read what it is; the tables below say the same in words.";
  told.textContent = rest;
  const say = (thing) => {
    const data = thing.data();
    told.textContent = thing.isNode() ? `${data.kind === "rest" ? data.label : data.id}: ${data.about}` : `${data.source} ${data.is_directed ? "paid" : "with"} ${data.target}: ${data.about}`;
  };
  picture.on("mouseover", "node, edge", (event) => { say(event.target); event.target.addClass("near"); });
  picture.on("mouseout", "node, edge", (event) => { event.target.removeClass("near"); told.textContent = rest; });
  picture.on("tap", "node, edge", (event) => say(event.target));
  picture.on("dbltap", "node[kind = 'member']", (event) => { location.href = `${frame.dataset.account}/${encodeURIComponent(event.target.id())}${location.search}`; });
  const zoom = (by) => picture.zoom({ level: picture.zoom() * by, renderedPosition: { x: frame.clientWidth / 2, y: frame.clientHeight / 2 } });
  document.querySelector("[data-graph=in]").addEventListener("click", () => zoom(1.3));
  document.querySelector("[data-graph=out]").addEventListener("click", () => zoom(1 / 1.3));
  document.querySelector("[data-graph=fit]").addEventListener("click", () => picture.fit(undefined, 30));
  frame.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (move) { picture.panBy({ x: move[0], y: move[1] }); event.preventDefault(); }
    if (event.key === "+" || event.key === "=") zoom(1.3);
    if (event.key === "-") zoom(1 / 1.3);
    if (event.key === "0") picture.fit(undefined, 30);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => picture.style(look()));
}

const frame = document.getElementById("graph");
if (frame && window.cytoscape) draw(frame);
