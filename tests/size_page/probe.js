// Looks at the page from inside, and leaves what it has seen as attributes of its body.
const light = (colour) => {
  const parts = colour.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255);
  const linear = parts.map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};
const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
const style = (node) => getComputedStyle(node);
const found = document.body.dataset;
found.start = document.getElementById("map").dataset.root;
found.light = light(style(document.body).backgroundColor);
found.contrast = Math.min(...[...document.querySelectorAll(".cell .label")].map((label) =>
  contrast(light(style(label).color), light(style(label.parentNode).backgroundColor))));
found.outside = [...document.querySelectorAll("#map .cell")].filter((cell) => {
  const inner = cell.getBoundingClientRect(), outer = cell.parentNode.getBoundingClientRect();
  return inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1;
}).length;
const tops = [...document.querySelectorAll("#map > .cell")];
found.tops = tops.reduce((sum, cell) => sum + Number(cell.dataset.size), 0);
found.areas = Math.max(...tops.filter((cell) => cell.dataset.size > 1e6).map((cell) => {
  const box = cell.getBoundingClientRect(), all = document.getElementById("map");
  const share = box.width * box.height / (all.clientWidth * all.clientHeight);
  return Math.abs(share / (cell.dataset.size / Number(all.dataset.total)) - 1);
}), 0);
found.keyboard = tops.every((cell) => cell.tabIndex === 0 && cell.ariaLabel);
const first = tops[0];
first.focus();
found.said = document.getElementById("details").textContent;
first.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
found.zoomed = document.getElementById("map").dataset.root;
document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
found.back = document.getElementById("map").dataset.root;
