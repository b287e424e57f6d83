// Shows one slide at a time, and what is on it bit by bit. Each cell says by `data-slide` what it begins.
const cells = [...document.querySelectorAll("[data-slide]")];
const slides = [];
for (const cell of cells) {
  if (["slide", "subslide"].includes(cell.dataset.slide) || !slides.length) slides.push([]);
  slides.at(-1).push(cell);
}
const place = document.createElement("p");
place.className = "place";
place.setAttribute("role", "status");
document.body.append(place);
let [at, shown] = (location.hash.match(/\d+/g) ?? [1, 1]).map(number => number - 1), notes = false;

const parts = slide => slide.filter(cell => !["skip", "notes"].includes(cell.dataset.slide));

function draw() {
  at = Math.min(Math.max(at, 0), slides.length - 1);
  const bits = parts(slides[at]);
  shown = Math.min(Math.max(shown, 0), Math.max(bits.length - 1, 0));
  for (const cell of cells) cell.hidden = true;
  for (const cell of slides[at]) if (cell.dataset.slide === "notes") cell.hidden = !notes;
  bits.slice(0, shown + 1).forEach(cell => { cell.hidden = false; });
  place.textContent = `${at + 1} / ${slides.length}`;
  history.replaceState(null, "", `#${at + 1}.${shown + 1}`);
  if (shown) bits[shown].scrollIntoView({ block: "nearest" });
  else scrollTo(0, 0);
}

function go(step) {
  const last = parts(slides[at]).length - 1;
  if (step > 0 && shown < last) shown += 1;
  else if (step > 0 && at < slides.length - 1) [at, shown] = [at + 1, 0];
  else if (step < 0 && shown > 0) shown -= 1;
  else if (step < 0 && at > 0) [at, shown] = [at - 1, 1e6];
  draw();
}

const keys = {
  ArrowRight: () => go(1), PageDown: () => go(1), " ": () => go(1), ArrowLeft: () => go(-1), PageUp: () => go(-1),
  Home: () => { [at, shown] = [0, 0]; draw(); }, End: () => { [at, shown] = [slides.length - 1, 0]; draw(); },
  n: () => { notes = !notes; draw(); },
};
addEventListener("keydown", event => {
  // a view on the slide has keys of its own
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return;
  if (event.target.closest("input, textarea, select, button, summary, .wsl")) return;
  event.preventDefault();
  keys[event.key]();
});
addEventListener("beforeprint", () => cells.forEach(cell => { cell.hidden = ["skip", "notes"].includes(cell.dataset.slide); }));
addEventListener("afterprint", draw);
draw();
