// The front end of every wslab view. Python renders; this module puts the regions that changed into the page, steps
// through what is rendered ahead, links what belongs together, and sends back what the user does.
//
// It serves a live widget (anywidget calls `render`), a still page (it finds `[data-wslab-static]`) and what a notebook
// keeps of a widget (`[data-wslab-kept]`). It imports nothing, keeps nothing global, makes no HTML of its own from data,
// and removes every listener when the view goes.
// The attributes that it reads are listed in wslab/widgets/view.py.

const WHY_STILL = "Needs Python: run the cell in Jupyter to change this.";
const KEYS = "Arrow keys step, Space plays, B makes it larger, Esc goes back to the cell, Shift+Enter runs on.";
const SEEK_KEYS = "F, C and D go to the next frame, Close and difference, with Shift to the one before; + and − change the speed.";
const SPEEDS = [0.5, 1, 2, 4];
const TYPING_MS = 250;
const LATE_AFTER_MS = 1500;
const COPIED_MS = 1500;
const SAY_MS = 120;
const IN_SIGHT_MS = 1000;
const FRAME_MS = 5000;
const HELD_MS = 3000;

export default {
  initialize: ({ model }) => keep(model),
  render: ({ model, el }) => mount(el, liveHost(model)),
};

function mount(el, host) {
  const root = make("div", "wsl");
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", host.get("_title"));
  root.dataset.wslab = host.get("_name");
  el.append(root);
  return start(root, host);
}

// ---- the two hosts: a model with Python behind it, or a page alone

function liveHost(model) {
  const heard = [];
  return {
    live: true,
    get: (name) => model.get(name),
    set(name, value) {
      model.set(name, value);
      model.save_changes();
    },
    send: (message) => model.send(message),
    on(event, act) {
      model.on(event, act);
      heard.push([event, act]);
    },
    leave: () => heard.forEach(([event, act]) => model.off(event, act)),
  };
}

function stillHost(state) {
  return {
    live: false,
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; },
    send() {},
    on() {},
    leave() {},
  };
}

// ---- what a notebook keeps
//
// A file knows a widget by the number of a model that is gone the next day: JupyterLab then shows an error. So what
// JupyterLab and Notebook 7 save is changed on its way to the file: of each output that is a view of ours, its present
// state goes to the file, and the number does not. A page opened again starts from that. Where the kernel still runs, its
// models come too, and each takes over what was kept of it. Models and pages do not know each other: events of the
// document stand between them. In other hosts nothing of this happens.

const WIDGET = "application/vnd.jupyter.widget-view+json";
const KEPT = ["_title", "_name", "_id", "regions", "step", "selected", "big"];

// what one model does for as long as it lives; gives what ends that
function keep(model) {
  const stop = new AbortController();
  const on = (event, act) => document.addEventListener(event, (e) => act(e.detail), { signal: stop.signal });
  const leaves = [];
  const wake = (box) => {
    if (box.dataset.wslabId !== model.get("_id")) return;
    box.replaceChildren();
    leaves.push(mount(box, liveHost(model)));
  };
  tellOfSaves(model.widget_manager?.context?.model);
  on("wslab-save", (saved) => saved.cells?.forEach((cell) => cell.outputs?.forEach((output) => store(output.data, model))));
  on("wslab-kept", wake);
  document.querySelectorAll("[data-wslab-kept][data-ready]").forEach(wake);
  return () => { stop.abort(); leaves.forEach((leave) => leave()); };
}

// once for each notebook, whichever view comes first
function tellOfSaves(notebook) {
  if (!notebook?.toJSON || notebook.wslabTellsOfSaves) return;
  const toJSON = notebook.toJSON;
  notebook.wslabTellsOfSaves = true;
  notebook.toJSON = function () {
    const saved = toJSON.call(this);
    document.dispatchEvent(new CustomEvent("wslab-save", { detail: saved }));
    return saved;
  };
}

// puts the model's present state into an output that shows it
function store(data, model) {
  const html = data && [data["text/html"] || ""].flat().join("");
  if (!html?.includes(`data-wslab-id="${model.get("_id")}"`)) return;
  const inside = new DOMParser().parseFromString(html, "text/html");
  const box = inside.querySelector("[data-wslab-kept]");
  const script = box.querySelector("script");
  const { regions } = JSON.parse(script.textContent);
  const state = Object.fromEntries(KEPT.map((name) => [name, model.get(name)]));
  state.regions = { ...state.regions, note: regions.note };
  script.textContent = JSON.stringify(state).replaceAll("<", "\\u003c");
  box.querySelector("pre").textContent = model.get("_words");
  box.querySelector("[data-wslab-image]").innerHTML = model.get("_image");
  data["text/html"] = inside.head.innerHTML + inside.body.innerHTML;
  delete data[WIDGET];
}

function openKept(box) {
  const state = JSON.parse(box.querySelector("script").textContent);
  box.dataset.ready = "";
  box.replaceChildren();
  mount(box, stillHost(state));
  document.dispatchEvent(new CustomEvent("wslab-kept", { detail: box }));
}

// ---- one view

function start(root, host) {
  const view = new View(root, host);
  return () => view.leave();
}

class View {
  constructor(root, host) {
    this.root = root;
    this.host = host;
    this.stop = new AbortController();
    this.shown = {}; // region -> the HTML that is shown there
    this.typing = new Map(); // data-key of a field -> timer of its pending message
    this.pending = new Map(); // data-key of a field -> the field, until that message is sent
    this.lit = null;
    this.playing = null;
    this.speed = 1;
    this.waiting = 0;
    this.held = 0; // timer of a press that is not released
    this.undrawn = false; // whether something came meanwhile
    this.voice = make("div", "wsl-live");
    this.voice.setAttribute("role", "status");
    this.voice.setAttribute("aria-live", "polite");
    this.late = make("p", "wsl-late");
    this.late.hidden = true;
    this.late.textContent = "Python has not answered yet: it is busy, or the kernel has stopped. Stepping still works.";
    this.body = root.querySelector(":scope > .wsl-body") || root.appendChild(make("div", "wsl-body"));
    root.append(this.late, this.voice);
    root.tabIndex = -1; // a click anywhere in the view gives it the focus, and with that its keys
    if (host.get("regions")) this.putRegions(host.get("regions"));
    if (!host.live) this.freeze();
    this.listen();
    this.paintSize();
    this.refresh();
    this.whenSeen();
    this.peer = host.live && root.querySelector("[data-page]") ? new PeerPage(root, (message) => this.send(message)) : null;
  }

  // what follows the present step can do so only once the view is in the page and has a height, and again at each width
  whenSeen() {
    let wide = 0;
    this.seen = new ResizeObserver(() => {
      if (!this.root.offsetHeight || this.root.offsetWidth === wide) return;
      if (!wide) keepInSight(this.root, this.stop.signal);
      wide = this.root.offsetWidth;
      this.followNow();
    });
    this.seen.observe(this.root);
  }

  leave() {
    this.seen.disconnect();
    this.peer?.leave();
    this.stop.abort();
    this.pause();
    clearTimeout(this.saying);
    clearTimeout(this.lateTimer);
    clearTimeout(this.held);
    for (const timer of this.typing.values()) clearTimeout(timer);
    this.host.leave();
    this.root.remove();
  }

  listen() {
    const { root, host } = this;
    const on = (event, act) => root.addEventListener(event, (e) => act.call(this, e), { signal: this.stop.signal });
    const released = (event) => document.addEventListener(event, () => this.held && setTimeout(() => this.free()), { signal: this.stop.signal, capture: true });
    on("click", this.onClick);
    on("pointerdown", this.hold);
    ["pointerup", "pointercancel", "keyup"].forEach(released);
    on("keydown", this.onKey);
    on("input", this.onInput);
    on("change", this.onChange);
    on("pointerover", (e) => this.light(e.target));
    on("pointerleave", () => this.light(this.focused()));
    on("focusin", this.onFocus);
    on("focusout", () => this.light(null));
    host.on("change:regions", () => this.draw());
    host.on("change:step", () => this.paint());
    host.on("change:selected", () => this.paintSelected());
    host.on("change:big", () => this.paintSize());
    host.on("msg:custom", (message) => this.onMessage(message));
  }

  // ---- regions

  draw() {
    this.undrawn = this.held !== 0;
    if (this.held) return;
    const kept = this.putRegions(this.host.get("regions"));
    this.refresh();
    this.refocus(kept); // last: what was chosen since then is hidden in what Python drew, until `refresh`
  }

  // A click is a press and a release on one element. Another would stand there if anything were drawn in between, and the
  // click would be lost; so would a drag. What Python sends waits for the release, except for the scrubber, which needs it.
  hold({ target }) {
    if (target.matches("[data-scrub]")) return;
    clearTimeout(this.held);
    this.held = setTimeout(() => this.free(), HELD_MS);
  }

  free() {
    clearTimeout(this.held);
    this.held = 0;
    if (this.undrawn) this.draw();
  }

  putRegions(regions) {
    const kept = this.remember();
    for (const box of [...this.body.children]) if (!(box.dataset.region in regions)) box.remove();
    for (const [name, html] of Object.entries(regions)) {
      if (this.shown[name] === html && this.region(name)) continue;
      const box = this.region(name) || this.addRegion(name);
      this.putting = true; // a field that goes away with the focus reports a change: nobody made one
      box.innerHTML = html;
      this.putting = false;
    }
    this.shown = { ...regions };
    this.restore(kept);
    return kept;
  }

  // all that the Tab key can reach, in order
  stops(name) {
    const inside = (el) => !name || el.closest("[data-region]")?.dataset.region === name;
    return this.all("button, input, select, textarea, summary, [tabindex='0']").filter((el) => el.tabIndex >= 0 && !el.closest("[hidden]") && inside(el));
  }

  place(el) {
    const name = el.closest("[data-region]")?.dataset.region;
    return { name, at: this.stops(name).indexOf(el), before: this.stops().indexOf(this.stops(name)[0]) - 1 };
  }

  // in the same region if anything is left there, else what came before it
  nearest({ name, at, before }) {
    const left = name ? this.stops(name) : [];
    return left.length ? left[Math.min(Math.max(0, at), left.length - 1)] : this.stops()[Math.max(0, before)];
  }

  region(name) {
    return [...this.body.children].find((box) => box.dataset.region === name);
  }

  addRegion(name) {
    const box = make("div", "");
    box.dataset.region = name;
    return this.body.appendChild(box);
  }

  remember() {
    const active = this.focused();
    const field = active && active.matches("input[type=text], textarea") ? active : null;
    return {
      key: active && active.closest("[data-key]")?.dataset.key,
      place: active && this.place(active),
      field: field && { value: field.value, from: field.selectionStart, to: field.selectionEnd },
      scroll: this.all("[data-scroll]").map((el) => [el.dataset.scroll, el.scrollLeft, el.scrollTop]),
      open: this.all("details[data-key]").map((el) => [el.dataset.key, el.open]),
      stops: this.all("[data-roving] [tabindex='0']").map((el) => el.dataset.key).filter(Boolean),
    };
  }

  restore(kept) {
    for (const [name, left, top] of kept.scroll) this.byData("scroll", name)?.scrollTo(left, top);
    for (const [key, open] of kept.open) { const el = this.byData("key", key); if (el) el.open = open; }
    this.settleRoving(new Set(kept.stops));
  }

  refocus(kept) {
    // what had the focus may be gone (it was released, taken away): then what takes its place gets it
    const target = (kept.key && this.byData("key", kept.key)) || (kept.place && !this.focused() && this.nearest(kept.place));
    if (!target || target === this.focused()) return;
    target.focus({ preventScroll: true });
    // what the user is still typing is not overwritten by an answer to an earlier letter
    if (kept.field && this.typing.has(kept.key)) target.value = kept.field.value;
    if (kept.field && target.setSelectionRange) target.setSelectionRange(kept.field.from, kept.field.to);
  }

  // collects what a step changes, then paints the present step
  refresh() {
    this.settleRoving(new Set());
    this.spans = this.all("[data-from]").map((el) => [el, Number(el.dataset.from), Number(el.dataset.to)]);
    this.times = this.all("[data-at]").map((el) => [el, ...ends(el.dataset.at)]);
    this.controls = this.root.querySelector(".wsl-steps");
    this.known = this.all("[data-stop]").filter((el) => !el.closest("[inert]")).map((el) => Number(el.dataset.stop)).sort((a, b) => a - b);
    this.paint({ still: true });
    this.paintSelected();
  }

  // ---- steps

  // a still view has the steps that are rendered and no others
  get first() { return Number(this.controls?.dataset[this.host.live ? "first" : "low"] || 0); }

  get last() { return Number(this.controls?.dataset[this.host.live ? "last" : "high"] || 0); }

  // the step before or after the present one; where only some numbers are steps, the nearest of those
  beside(sign) {
    const step = this.host.get("step");
    if (!this.known.length) return step + sign;
    const beyond = this.known.filter((stop) => sign * (stop - step) > 0);
    return beyond.length ? beyond[sign > 0 ? 0 : beyond.length - 1] : step;
  }

  // a number that is no step stands for the last step before it; beyond what is rendered, Python knows
  nearestStep(step) {
    const wanted = Math.min(Math.max(this.first, step), this.last);
    const { low, high } = this.controls?.dataset || {};
    if (!this.known.length || wanted < Number(low) || wanted > Number(high)) return wanted;
    return this.known.filter((stop) => stop <= wanted).pop() ?? this.known[0];
  }

  go(step, how = {}) {
    const next = this.nearestStep(step);
    if (next === this.host.get("step")) return;
    this.tell(() => this.host.set("step", next));
    this.paint(how);
    this.say(this.caption());
    this.askForSteps(next);
  }

  // Only what changes is written, and where things stand is read before and after all of that, never in between: each
  // time that it alternates, the browser lays the page out anew.
  paint({ still = false } = {}) {
    const step = this.host.get("step");
    const before = still ? null : this.places();
    for (const [el, from, to] of this.spans) {
      const away = step < from || step > to;
      // the attribute, since an element of SVG has no property `hidden`
      if (el.hasAttribute("hidden") !== away) el.toggleAttribute("hidden", away);
    }
    for (const [el, from, to] of this.times) {
      const time = to < step ? "is-past" : from > step ? "is-next" : "is-now";
      if (el.classList.contains(time)) continue;
      el.classList.remove("is-past", "is-now", "is-next");
      el.classList.add(time);
    }
    if (this.controls) this.paintControls(step);
    this.paintSeekers(step);
    this.settleNow();
    if (before) this.glide(before);
    this.followNow();
  }

  followNow() {
    const ways = this.all("[data-follow]").map((box) => [box, wayToNow(box)]);
    for (const [box, way] of ways) if (way) box.scrollTop += way;
  }

  paintControls(step) {
    const { what, pace, of } = this.controls.dataset;
    const words = `${what} ${step}${of}`;
    const scrub = this.controls.querySelector("[data-scrub]");
    scrub.min = this.first;
    scrub.max = this.last;
    scrub.value = step;
    scrub.setAttribute("aria-valuetext", words);
    this.controls.querySelector(".wsl-count").textContent = words;
    this.pace = Number(pace);
    for (const button of this.controls.querySelectorAll("[data-jump]")) {
      const name = button.dataset.jump;
      const off = (step <= this.first && (name === "first" || name === "back")) || (step >= this.last && (name === "last" || name === "forward"));
      off ? button.setAttribute("aria-disabled", "true") : button.removeAttribute("aria-disabled");
      if (name === "play") this.paintPlay(button);
    }
  }

  paintPlay(button) {
    const words = this.playing ? "Pause" : "Play";
    button.setAttribute("aria-label", words);
    button.title = words;
    button.classList.toggle("is-playing", Boolean(this.playing));
  }

  jump(name) {
    if (name === "play") return this.playing ? this.pause() : this.play();
    this.pause();
    this.go({ first: this.first, back: this.beside(-1), forward: this.beside(1), last: this.last }[name]);
  }

  play() {
    if (this.last <= this.first) return;
    if (this.host.get("step") >= this.last) this.go(this.first);
    this.playing = setInterval(() => {
      this.go(this.beside(1));
      if (this.host.get("step") >= this.last) this.pause();
    }, (this.pace || 1000) / this.speed);
    this.paintControls(this.host.get("step"));
  }

  // ---- what one looks for: the next step of a kind, and the speed

  seek(button, sign) {
    const step = this.host.get("step");
    const beyond = this.marked(button).filter((each) => sign * (each - step) > 0);
    this.pause();
    if (beyond.length) return this.go(beyond[sign > 0 ? 0 : beyond.length - 1]);
    this.say(`There is no ${button.dataset.name} ${sign > 0 ? "after" : "before"} step ${step}.`);
  }

  // turns from the fastest to the slowest only where a button is all there is
  hurry(by, turns) {
    const place = SPEEDS.indexOf(this.speed) + by;
    this.speed = SPEEDS[turns ? place % SPEEDS.length : Math.min(Math.max(0, place), SPEEDS.length - 1)];
    if (this.playing) { this.pause(); this.play(); }
    this.paintSeekers(this.host.get("step"));
    this.say(`Plays ${this.speed} times as fast.`);
  }

  paintSeekers(step) {
    for (const el of this.all("[data-speed]")) el.textContent = `${this.speed}×`;
    for (const button of this.all("[data-seek]")) {
      const off = !this.marked(button).some((each) => each > step);
      off ? button.setAttribute("aria-disabled", "true") : button.removeAttribute("aria-disabled");
    }
  }

  // a letter that goes to a step of a kind, or changes the speed or the size
  letterKey(key) {
    if (key === "b" || key === "B") { this.enlarge(); return true; }
    const seeker = this.all(`[data-seek="${CSS.escape(key.toLowerCase())}"]`).find((el) => el.checkVisibility());
    const by = { "+": 1, "=": 1, "-": -1, "−": -1 }[key];
    if (seeker) { this.seek(seeker, key === key.toLowerCase() ? 1 : -1); this.tellKeys(); }
    else if (by && this.all("[data-speed]").some((el) => el.checkVisibility())) this.hurry(by);
    else return false;
    return true;
  }

  pause() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = null;
    if (this.controls) this.paintControls(this.host.get("step"));
  }

  caption() {
    return this.all("[data-caption]").filter((el) => !el.closest("[hidden]")).map(plainText).join(" ");
  }

  // Python renders a window of many steps; near its edge, ask for the next one
  askForSteps(step) {
    const low = Number(this.controls?.dataset.low || 0);
    const high = Number(this.controls?.dataset.high || 0);
    const margin = Math.max(2, Math.floor((high - low) / 8));
    const short = (low > this.first && step < low + margin) || (high < this.last && step > high - margin);
    if (!short || this.asking || this.asked === step) return;
    this.asking = true;
    this.asked = step;
    this.send({ do: "window", arg: String(step) });
  }

  places() {
    const found = new Map();
    for (const el of this.all("[data-glide].is-now")) found.set(el.dataset.glide, el.getBoundingClientRect());
    return found;
  }

  // the element that is now current slides from where the former one was
  glide(before) {
    if (this.scrubbing || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const el of this.all("[data-glide].is-now")) {
      const old = before.get(el.dataset.glide);
      const now = el.getBoundingClientRect();
      if (!old || !now.width || (old.x === now.x && old.y === now.y)) continue;
      const from = `translate(${(old.x - now.x) / zoom(el)}px, ${(old.y - now.y) / zoom(el)}px)`;
      el.animate([{ transform: from }, { transform: "none" }], { duration: 150, easing: "ease-out" });
    }
  }

  // ---- choosing and linking

  select(name) {
    if (this.host.get("selected") === name) return;
    this.tell(() => this.host.set("selected", name));
    const at = this.focused();
    this.paintSelected();
    if (!at || at.checkVisibility()) return;
    focusOn(this.root); // what was pressed is gone, and something else is shown: the keys go on here
    this.followNow();
  }

  paintSelected() {
    const name = this.host.get("selected");
    for (const el of this.all("[data-link]")) el.classList.toggle("is-selected", name !== "" && words(el).includes(name));
    for (const el of this.all("[data-show]")) el.toggleAttribute("hidden", !el.dataset.show.split(" ").includes(name));
    for (const el of this.all("[data-select]")) {
      if (el.hasAttribute("aria-pressed")) el.setAttribute("aria-pressed", String(el.dataset.select === name));
    }
  }

  light(target) {
    const source = target?.closest?.("[data-link]") || null;
    const key = source ? source.dataset.link : null;
    if (key === this.lit) return;
    this.lit = key;
    const wanted = source ? words(source) : [];
    for (const el of this.all("[data-link]")) el.classList.toggle("is-lit", words(el).some((word) => wanted.includes(word)));
  }

  onFocus(event) {
    // Lumino handles keys before the page does and asks only the element that has the focus: this attribute on it keeps
    // the notebook's shortcuts (arrow keys move to the next cell) out of the view.
    event.target.setAttribute("data-lm-suppress-shortcuts", "true");
    this.light(event.target);
    const stop = event.target.closest("[data-roving] [tabindex]");
    if (stop) this.makeStop(stop);
    if (event.target.matches("[data-goto]:focus-visible")) this.go(Number(event.target.dataset.goto));
    if (event.target.matches("[data-select]:not(input)") && event.target.matches(":focus-visible")) this.select(event.target.dataset.select);
  }

  // ---- for a projector

  enlarge() {
    const big = !this.host.get("big");
    this.tell(() => this.host.set("big", big));
    this.paintSize();
    this.followNow();
    this.say(big ? "Larger, for a projector." : "As usual again.");
  }

  paintSize() { this.root.classList.toggle("is-big", Boolean(this.host.get("big"))); }

  // ---- keys

  onKey(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return this.onEscape(event);
    if (event.key === "Enter" && event.shiftKey) return this.runOn(event);
    const target = event.target;
    if (event.key === " " && target.matches("button, summary, input[type=checkbox]")) this.hold(event);
    if (!target.matches("input:not([type=range]), select, textarea") && this.letterKey(event.key)) return done(event);
    if (target.matches("input, select, textarea")) return this.onFieldKey(event);
    const group = target.closest("[data-roving]");
    if (group && this.rove(group, target, event.key)) return done(event);
    if (event.key === "Enter" || event.key === " ") return this.onPress(event);
    const hot = this.all(`[data-hotkey="${CSS.escape(event.key)}"]`).find((el) => el.checkVisibility());
    if (hot) { hot.click(); return done(event); }
    if (this.controls && this.stepKey(event.key)) done(event);
  }

  // Esc closes what is open here; then it leads back to the cell
  onEscape(event) {
    const open = this.all("details[open]:not([data-stays])").pop();
    if (!open) return this.toCell() && done(event);
    open.open = false;
    if (open.contains(this.focused())) open.querySelector("summary").focus();
    done(event);
  }

  // Shift+Enter runs on: this view's cell has run, so the key goes to the next one
  runOn(event) {
    const cell = this.toCell();
    if (!cell) return;
    done(event);
    const cells = [...cell.closest(".jp-Notebook").querySelectorAll(".jp-Cell")];
    const next = cells[cells.indexOf(cell) + 1];
    if (!next) return;
    focusOn(next); // JupyterLab makes the cell with the focus the active one
    press(next, "Enter", 13, { shiftKey: true });
  }

  // focuses the notebook's cell around this view and gives it; what was typed is sent by the loss of the focus
  toCell() {
    const cell = this.root.closest(".jp-Cell");
    if (cell) focusOn(cell);
    return cell;
  }

  onFieldKey(event) {
    if (event.key !== "Enter" || !event.target.matches("[data-do]")) return;
    if (event.target.matches("textarea") && !event.ctrlKey) return;
    this.sendField(event.target);
    this.byData("key", event.target.dataset.enter || "")?.click();
    done(event);
  }

  // a chosen element that is not a button is pressed by Enter and Space too
  onPress(event) {
    const item = event.target.closest("[data-item]");
    if (item && !event.target.matches("button, a, summary")) {
      item.click();
      return done(event);
    }
    if (event.key === " " && this.controls && !event.target.matches("button, a, summary")) {
      this.jump("play");
      done(event);
    }
  }

  stepKey(key) {
    const next = { ArrowRight: this.beside(1), ArrowLeft: this.beside(-1), Home: this.first, End: this.last }[key];
    if (next === undefined) return false;
    this.pause();
    this.go(next);
    this.tellKeys();
    return true;
  }

  // the first press of a key that steps says which keys there are
  tellKeys() {
    if (this.told) return;
    this.told = true;
    const more = this.all("[data-seek]").length ? ` ${SEEK_KEYS}` : "";
    this.say(`${this.caption()} ${KEYS}${more}`);
  }

  // ---- groups with one stop of the Tab key

  items(group) {
    return [...group.querySelectorAll("button, [data-item]")].filter((el) => !el.closest("[hidden]"));
  }

  settleRoving(stops) {
    for (const group of this.all("[data-roving]")) {
      const items = this.items(group);
      const stop = items.find((el) => stops.has(el.dataset.key)) || items.find((el) => el.tabIndex === 0 && el.hasAttribute("tabindex"))
        || items.find((el) => words(el).includes(this.host.get("selected"))) || items[0];
      for (const el of items) el.tabIndex = el === stop ? 0 : -1;
    }
  }

  // where a group's items are steps, the Tab key leads to the present one
  settleNow() {
    for (const now of this.all("[data-roving] [data-goto].is-now")) {
      if (!now.closest("[data-roving]").contains(this.focused())) this.makeStop(now);
    }
  }

  makeStop(item) {
    for (const el of this.items(item.closest("[data-roving]"))) el.tabIndex = el === item ? 0 : -1;
  }

  rove(group, target, key) {
    const items = this.items(group);
    const here = items.indexOf(target.closest("button, [data-item]"));
    if (here < 0) return false;
    const next = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: items.length - 1 }[key];
    const found = next === undefined ? neighbour(items, items[here], key) : items[Math.min(Math.max(0, next), items.length - 1)];
    if (found) found.focus();
    return key.startsWith("Arrow") || key === "Home" || key === "End";
  }

  // ---- actions

  onClick(event) {
    const target = event.target;
    const button = target.closest("[data-jump], [data-do], [data-copy], [data-seek], [data-speed]");
    if (button?.getAttribute("aria-disabled") === "true") return;
    if (button?.dataset.seek) this.seek(button, 1);
    else if (button && "speed" in button.dataset) this.hurry(1, true);
    else if (button?.dataset.jump) this.jump(button.dataset.jump);
    else if (button && "copy" in button.dataset) this.copy(button, button.dataset.copy);
    else if (button && !button.matches("input, select, textarea")) this.press(button);
    const opener = target.closest("[data-opens]");
    if (opener) this.unfold(this.byData("key", opener.dataset.opens));
    const chosen = target.closest("[data-select]");
    if (chosen) this.select(chosen.dataset.select);
    const goal = target.closest("[data-goto]");
    if (goal && !button) { this.pause(); this.go(Number(goal.dataset.goto)); }
  }

  press(button) {
    this.sendPending();
    this.send({ do: button.dataset.do, arg: button.dataset.arg || "", value: "" });
  }

  unfold(fold) {
    if (!fold) return;
    fold.open = true;
    fold.querySelector("summary").focus();
  }

  onInput(event) {
    const field = event.target;
    if (field.matches("[data-scrub]")) {
      this.pause();
      this.scrubbing = true;
      this.go(Number(field.value));
      this.scrubbing = false;
    } else if (field.matches("[data-words]")) {
      const words = field.dataset.words.split("\t")[field.value];
      field.setAttribute("aria-valuetext", words);
      field.parentElement.querySelector("output").textContent = words;
    } else if (field.matches("input[type=text][data-do], textarea[data-do]")) {
      clearTimeout(this.typing.get(field.dataset.key));
      this.pending.set(field.dataset.key, field);
      this.typing.set(field.dataset.key, setTimeout(() => this.sendText(field), TYPING_MS));
    }
  }

  onChange(event) {
    if (!this.putting && event.target.matches("[data-do]")) this.sendField(event.target);
  }

  // what was typed goes before what is pressed: a field that was drawn again meanwhile reports no change of its own
  sendPending() {
    for (const field of [...this.pending.values()]) {
      clearTimeout(this.typing.get(field.dataset.key));
      this.sendText(field);
    }
  }

  sendText(field) {
    this.pending.delete(field.dataset.key);
    this.send({ do: field.dataset.do, arg: field.dataset.arg || "", value: field.value });
  }

  sendField(field) {
    clearTimeout(this.typing.get(field.dataset.key));
    this.typing.delete(field.dataset.key);
    this.pending.delete(field.dataset.key);
    const value = field.type === "checkbox" ? String(field.checked) : field.value;
    this.send({ do: field.dataset.do, arg: field.dataset.arg || "", value });
  }

  send(message) {
    if (!this.host.live) return;
    this.waiting += 1;
    this.root.setAttribute("aria-busy", "true");
    clearTimeout(this.lateTimer);
    this.lateTimer = setTimeout(() => { this.late.hidden = false; }, LATE_AFTER_MS);
    this.tell(() => this.host.send(this.peer ? { ...message, view: this.peer.id } : message));
  }

  // a dead kernel refuses messages, in some versions by throwing; the view goes on and says so
  tell(act) {
    try {
      act();
    } catch {
      this.late.hidden = false;
    }
  }

  onMessage(message) {
    if (message.done) {
      this.waiting = Math.max(0, this.waiting - 1);
      if (this.waiting) return;
      this.root.removeAttribute("aria-busy");
      clearTimeout(this.lateTimer);
      this.late.hidden = true;
      this.asking = false;
      this.askForSteps(this.host.get("step")); // the user may have gone on meanwhile
    }
    if (message.say) this.say(message.say);
    if (message.copy !== undefined) this.copy(null, message.copy);
    if (message.save) this.offer(message.save);
    if (message.page) this.peer?.obey(message.page);
  }

  async copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyByHand(text);
    }
    this.say("Copied.");
    if (!button) return;
    button.classList.add("is-copied");
    setTimeout(() => button.classList.remove("is-copied"), COPIED_MS);
  }

  // a file for the browser to save: text, or bytes as Base64
  offer({ name, text, data, type = "text/html" }) {
    const link = make("a", "");
    link.href = URL.createObjectURL(new Blob([data === undefined ? text : bytesOf(data)], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    this.say(`Saved as ${name}.`);
  }

  freeze() {
    this.controls = this.root.querySelector(".wsl-steps");
    for (const el of this.all("[data-do]")) off(el, WHY_STILL);
    for (const el of this.all("button[data-goto]")) {
      const step = Number(el.dataset.goto);
      if (this.controls && (step < this.first || step > this.last)) off(el, `This page has only the steps ${this.first} to ${this.last}.`);
    }
  }

  // the steps of a kind; a still view leads to none that it does not have
  marked(button) {
    const steps = button.dataset.steps.split(" ").filter(Boolean).map(Number);
    return steps.filter((step) => step >= this.first && step <= this.last);
  }

  // ---- words

  say(text) {
    clearTimeout(this.saying);
    this.saying = setTimeout(() => { this.voice.textContent = text; }, SAY_MS);
  }

  all(selector) { return [...this.root.querySelectorAll(selector)]; }

  byData(name, value) { return this.root.querySelector(`[data-${name}="${CSS.escape(value)}"]`); }

  focused() {
    const active = this.root.getRootNode().activeElement;
    return active && this.root.contains(active) ? active : null;
  }
}

// ---- this page as a peer: its own WebSocket, and what a script sees of it
//
// `speak` is the script: it makes the socket and tells what it sees. It runs in this page, whose origin it then has, or
// as text in a sandboxed frame, whose origin is opaque; so it uses nothing from outside itself. A MessagePort carries
// what it is to do and what it tells, either way.

class PeerPage {
  constructor(root, send) {
    this.root = root;
    this.send = send;
    this.id = Math.random().toString(36).slice(2, 10);
    this.ports = {};
    this.turn = Promise.resolve(); // one command after the other: to look for the proxy takes a moment
    send({ do: "page", arg: "", value: JSON.stringify(this.place()), view: this.id });
  }

  place() {
    const config = document.getElementById("jupyter-config-data");
    const base = config ? JSON.parse(config.textContent).baseUrl : document.body.dataset.baseUrl;
    const { origin, hostname, protocol } = location;
    return { origin, host: hostname, base: base ?? null, secure: protocol === "https:", view: this.id };
  }

  obey(command) {
    if (command.view === this.id) this.turn = this.turn.catch(() => {}).then(() => this.act(command));
  }

  async act(command) {
    const where = command.sandboxed ? "frame" : "page";
    if (command.do === "dial") {
      for (const [name, port] of Object.entries(this.ports)) if (name !== where) port.postMessage({ do: "leave" });
      if (command.way === "proxy" && !(await this.hasProxy())) return this.report(command, "unproxied");
    }
    this.ports[where] ||= where === "frame" ? this.inFrame(command) : this.inPage();
    this.ports[where].postMessage(command);
  }

  // jupyter-server-proxy answers here, whatever stands behind it
  async hasProxy() {
    const answer = await fetch(`${this.place().base}server-proxy/servers-info`).catch(() => ({ ok: false }));
    return answer.ok;
  }

  report({ dial }, what) {
    const event = { dial, at: performance.timeOrigin + performance.now(), what, ready: 3, buffered: 0 };
    this.send({ do: "events", arg: "", value: JSON.stringify([event]) });
  }

  hear(port) {
    port.onmessage = ({ data }) => data.length && this.send({ do: "events", arg: "", value: JSON.stringify(data) });
    return port;
  }

  inPage() {
    const { port1, port2 } = new MessageChannel();
    speak(port2);
    return this.hear(port1);
  }

  // sandboxed without allow-same-origin: an origin that is like no other, which a browser writes as "null"
  inFrame(command) {
    const { port1, port2 } = new MessageChannel();
    this.frame = make("iframe", "");
    this.frame.hidden = true;
    this.frame.title = "The page of a peer without an origin";
    this.frame.setAttribute("sandbox", "allow-scripts");
    this.frame.srcdoc = `<script>onmessage = ({ ports }) => (${speak})(ports[0]);<\/script>`;
    this.frame.onload = () => this.frame.contentWindow.postMessage("", "*", [port2]);
    const silent = setTimeout(() => this.report(command, "blocked"), FRAME_MS);
    this.root.append(this.frame);
    this.hear(port1);
    port1.addEventListener("message", () => clearTimeout(silent));
    return port1;
  }

  leave() {
    for (const port of Object.values(this.ports)) port.postMessage({ do: "leave" });
    this.frame?.remove();
    this.send({ do: "left", arg: this.id, value: "" });
  }
}

function speak(port) {
  const GATHER_MS = 30;
  const CONNECTING_MS = 15000; // a socket that does not open is ended, and so is one that lives long
  const LONGEST_MS = 1800000;
  const MOST_SINGLE = 20; // messages of one report that are told one by one
  const MOST_TEXT = 200;
  const LOOKS_MS = 20; // at bufferedAmount, until it is 0, for 5 s at most (`_FLOOD` says so)
  const LOOKING_MS = 5000;
  let ws = null;
  let dial = 0;
  let batch = [];
  let gathering = 0;
  let ending = 0;

  const now = () => performance.timeOrigin + performance.now();
  const flush = () => {
    gathering = 0;
    port.postMessage(batch);
    batch = [];
  };
  const tell = (of, number, what, more = {}) => {
    batch.push({ dial: number, at: now(), what, ready: of ? of.readyState : 3, buffered: of ? of.bufferedAmount : 0, ...more });
    gathering ||= setTimeout(flush, GATHER_MS);
  };
  const shown = (data) => {
    if (typeof data === "string") return { text: data.slice(0, MOST_TEXT), size: new TextEncoder().encode(data).length };
    const bytes = new Uint8Array(data);
    const hex = [...bytes.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0"));
    return { text: hex.join(" "), size: bytes.length, binary: true };
  };
  const trying = (act) => {
    try {
      act();
    } catch (problem) {
      tell(ws, dial, "throws", { text: `${problem.name}: ${problem.message}` });
    }
  };
  const limit = (of, number, ms) => {
    clearTimeout(ending);
    ending = setTimeout(() => {
      tell(of, number, "limit", { size: ms });
      of.close();
    }, ms);
  };
  const listen = (of, number) => {
    const on = (name, act) => of.addEventListener(name, act);
    of.binaryType = "arraybuffer";
    on("open", () => {
      limit(of, number, LONGEST_MS);
      tell(of, number, "open", { protocol: of.protocol, extensions: of.extensions });
    });
    on("message", ({ data }) => {
      const what = shown(data);
      const last = batch[batch.length - 1];
      if (batch.length < MOST_SINGLE || last.what !== "message") return tell(of, number, "message", what);
      last.count = (last.count || 1) + 1;
      last.size += what.size;
    });
    on("error", () => tell(of, number, "error"));
    on("close", ({ code, reason, wasClean }) => {
      if (of === ws) clearTimeout(ending);
      tell(of, number, "close", { code, text: reason, clean: wasClean });
    });
    limit(of, number, CONNECTING_MS);
  };
  // each time that half of it has gone, and when all has
  const watch = (of, number) => {
    let last = of.bufferedAmount;
    const end = now() + LOOKING_MS;
    const look = () => {
      const left = of.bufferedAmount;
      if (left && left > last / 2 && now() < end) return setTimeout(look, LOOKS_MS);
      tell(of, number, "buffered");
      last = left;
      return left && now() < end ? setTimeout(look, LOOKS_MS) : 0;
    };
    setTimeout(look, LOOKS_MS);
  };
  const leave = () => {
    clearTimeout(ending);
    ws?.close();
    ws = null;
  };
  const bytesOf = (hex) => Uint8Array.from(hex.split(" ").filter(Boolean), (byte) => parseInt(byte, 16));
  const acts = {
    dial(command) {
      leave();
      dial = command.dial;
      const at = now();
      trying(() => { ws = new WebSocket(command.url, command.subprotocols); });
      if (!ws) return;
      tell(ws, dial, "new", { at, text: command.url });
      listen(ws, dial);
    },
    send({ data, binary }) {
      trying(() => {
        const payload = binary ? bytesOf(data) : data;
        ws.send(payload);
        tell(ws, dial, "send", shown(payload));
      });
    },
    flood({ count, size }) {
      trying(() => {
        const payload = new Uint8Array(size);
        for (let sent = 0; sent < count; sent += 1) ws.send(payload);
        tell(ws, dial, "flood", { count, size, binary: true });
        watch(ws, dial);
      });
    },
    close({ code, reason }) {
      trying(() => {
        code === null ? ws.close() : ws.close(code, reason);
        tell(ws, dial, "closing", { code: code || 0, text: reason });
      });
    },
    leave,
  };
  port.onmessage = ({ data }) => acts[data.do]?.(data);
  port.postMessage([]); // here it is
}

// ---- small helpers

function make(tag, name) {
  const el = document.createElement(tag);
  if (name) el.className = name;
  return el;
}

function ends(range) {
  const [from, to = from] = range.split("-").map(Number);
  return [from, to];
}

function off(el, why) {
  el.disabled = true;
  el.title = why;
}

function words(el) {
  return (el.dataset.link || "").split(" ").filter(Boolean);
}

function plainText(el) {
  return el.textContent.replace(/\s+/g, " ").trim();
}

function focusOn(el) {
  if (!el.hasAttribute("tabindex")) el.tabIndex = -1;
  el.focus({ preventScroll: true });
}

// a key for the notebook, whose shortcuts do not ask who pressed it
function press(el, key, keyCode, held) {
  const how = { key, code: key, keyCode, bubbles: true, cancelable: true, composed: true, ...held };
  el.dispatchEvent(new KeyboardEvent("keydown", how));
}

function done(event) {
  event.preventDefault();
  event.stopPropagation();
}

// the nearest item in the next row up or down
function neighbour(items, from, key) {
  const sign = { ArrowUp: -1, ArrowDown: 1 }[key];
  if (!sign) return null;
  const here = from.getBoundingClientRect();
  const beyond = items
    .map((el) => [el, el.getBoundingClientRect()])
    .filter(([el, box]) => el !== from && sign * (box.top - here.top) > here.height / 2);
  const rows = beyond.map(([, box]) => sign * box.top);
  const row = sign * Math.min(...rows);
  const inRow = beyond.filter(([, box]) => Math.abs(box.top - row) < here.height / 2);
  const apart = (box) => Math.abs(box.left + box.width / 2 - here.left - here.width / 2);
  return inRow.sort((a, b) => apart(a[1]) - apart(b[1]))[0]?.[0] || null;
}

// how far a box must scroll so that what is now is in sight; its upper end goes before its lower one. A mark comes into
// sight together with all of it, else with its tag, else not.
function wayToNow(box) {
  const mine = (el) => box.matches("[data-aside]") || !el.closest("[data-aside]");
  const now = [...box.querySelectorAll(".is-now")].filter(mine).filter((el) => el.getClientRects().length);
  const ends = (some) => {
    const places = some.map((el) => el.getBoundingClientRect());
    return [Math.min(...places.map((at) => at.top)), Math.max(...places.map((at) => at.bottom))];
  };
  if (!now.length) return 0;
  const outer = box.getBoundingClientRect();
  const alone = now.filter((el) => !el.matches("[data-mark]"));
  const tagged = now.filter((el) => el.matches("[data-mark], [data-stop]"));
  const fitting = [now, tagged].filter((some) => some.length).map(ends).find((at) => at[1] - at[0] <= outer.height - 16);
  const [top, bottom] = (alone.length < now.length && fitting) || ends(alone.length ? alone : now);
  const down = Math.max(0, bottom - outer.bottom + 32);
  const up = Math.max(0, outer.top + 24 - (top - down));
  return (down - up) / zoom(box);
}

// how much larger than its own pixels an element is drawn: what a rectangle says is in those of the page
function zoom(el) { return el.currentCSSZoom || 1; }

// JupyterLab brings the cell after the one that was run into sight, and leaves the view between them where it falls: above
// the screen or below it. For as long as JupyterLab may still scroll, the view comes back, its upper end before its lower
// one; what the user does ends it. A question goes down until the cell that answers it is the last one in sight: what stands
// below that explains the answer.
function keepInSight(root, gone) {
  const box = root.closest(".jp-WindowedPanel-outer");
  const next = root.closest(".jp-Cell")?.nextElementSibling;
  if (!box || !next?.matches(".jp-mod-active")) return;
  const over = new AbortController();
  const end = () => over.abort();
  const last = root.querySelector("[data-asks]") && next;
  const back = () => {
    const [outer, inner] = [box, root].map((el) => el.getBoundingClientRect());
    const way = wayBack(outer, inner);
    box.scrollTop += !way && last ? Math.min(0, Math.ceil(last.getBoundingClientRect().bottom - outer.bottom)) : way;
  };
  const on = (el, event, act) => el.addEventListener(event, act, { signal: over.signal, capture: true });
  on(box, "scroll", back);
  on(gone, "abort", end);
  for (const event of ["wheel", "pointerdown", "touchstart", "keydown"]) on(document, event, end);
  setTimeout(end, IN_SIGHT_MS);
  back();
}

function wayBack(outer, inner) {
  const down = Math.max(0, Math.ceil(inner.bottom - outer.bottom));
  return Math.min(down, Math.floor(inner.top - outer.top));
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function copyByHand(text) {
  const area = make("textarea", "wsl-live");
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

// ---- still pages: last, because a class exists only from its line on

document.querySelectorAll("[data-wslab-kept]:not([data-ready])").forEach(openKept);

for (const root of document.querySelectorAll("[data-wslab-static]:not([data-ready])")) {
  root.dataset.ready = "";
  start(root, stillHost({ step: Number(root.dataset.step || 0), selected: root.dataset.selected || "", big: "big" in root.dataset }));
}
