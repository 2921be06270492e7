"use strict";
(() => {
  const HEAD = 20;     // the height of a part's name above what is in it
  const GAP = 2;
  const DEPTH = 3;     // so many levels are drawn at once
  const whole = JSON.parse(document.getElementById("data").textContent);
  const map = document.getElementById("map");
  const crumbs = document.getElementById("crumbs");
  const details = document.getElementById("details");
  let root = whole;

  const prepare = (part, above, group) => {
    part.above = above;
    part.group = group || part.kind;
    for (const inner of part.parts) prepare(inner, part, above ? part.group : inner.kind);
  };
  prepare(whole, null, "");

  const shown = (size) =>
    size < 1e3 ? `${size} B` : size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
  const share = (part) => `${(part.size * 100 / Math.max(whole.size, 1)).toFixed(1)} %`;
  const way = (part) => (part.above && part.above !== whole ? `${way(part.above)} › ` : "") + part.name;
  const said = (part) => `${part.name}, ${shown(part.size)}, ${share(part)}`;

  // Bruls, Huizing, van Wijk, "Squarified Treemaps": rows are filled as long as that makes their parts squarer.
  const squarify = (parts, box) => {
    const left = parts.filter((part) => part.size > 0);
    const total = left.reduce((sum, part) => sum + part.size, 0);
    const scale = box.w * box.h / total;
    const placed = [];
    let { x, y, w, h } = box;
    for (let at = 0; at < left.length && w > 0 && h > 0;) {
      const side = Math.min(w, h);
      const most = left[at].size * scale;
      const worst = (sum, least) => Math.max(side * side * most / (sum * sum), sum * sum / (side * side * least));
      let sum = most;
      let end = at + 1;
      while (end < left.length) {
        const next = left[end].size * scale;
        if (worst(sum + next, next) > worst(sum, left[end - 1].size * scale)) break;
        sum += next;
        end += 1;
      }
      const depth = sum / side;
      let along = 0;
      for (const part of left.slice(at, end)) {
        const length = part.size * scale / depth;
        placed.push(w >= h ? { part, x, y: y + along, w: depth, h: length } : { part, x: x + along, y, w: length, h: depth });
        along += length;
      }
      if (w >= h) { x += depth; w -= depth; } else { y += depth; h -= depth; }
      at = end;
    }
    return placed;
  };

  const line = (cell, name, text) => {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = text;
    cell.append(span);
  };

  // About as wide as it will be.
  const wide = (text) => 7.2 * text.length + 10;
  // Modules of an application begin alike, so it is the end of their names that tells them apart.
  const short = (part, w) => {
    if (part.kind !== "module") return part.name.split("/").pop();
    return `…${part.name.slice(-Math.max(1, Math.floor((w - 10) / 7.2) - 1))}`;
  };
  // The whole name if there is room, else what stands behind its last slash, else a part of that.
  const label = (cell, part, w, h) => {
    if (h < 18) return;
    const name = wide(part.name) <= w ? part.name : short(part, w);
    const size = shown(part.size);
    if (w < Math.min(wide(part.name), 60)) return;
    const inOne = `${name}  ${size}`;
    if (part.parts.length > 0 || h < 36) {
      line(cell, "label", wide(inOne) <= w ? inOne : name);
    } else {
      line(cell, "label", name);
      if (wide(size) <= w) line(cell, "size", size);
    }
  };

  const draw = (into, parts, box, depth) => {
    for (const { part, x, y, w, h } of squarify(parts, box)) {
      if (w < 3 || h < 3) continue;
      const cell = document.createElement("div");
      const isTop = depth === 0;
      cell.className = `cell ${part.group} ${isTop ? "top" : "inner"} ${part.parts.length ? "" : "leaf"}`;
      cell.style.cssText = `left:${x}px;top:${y}px;width:${w}px;height:${h}px`;
      cell.shows = part; // `part` is a property that every element has
      if (isTop) {
        cell.tabIndex = 0;
        cell.role = part.parts.length ? "button" : "img";
        cell.ariaLabel = said(part);
        cell.dataset.size = part.size;
        cell.dataset.name = part.name;
      } else {
        cell.ariaHidden = "true";
      }
      label(cell, part, w, h);
      into.append(cell);
      const inner = { x: GAP, y: HEAD, w: w - 2 * GAP - 2, h: h - HEAD - GAP - 2 };
      if (part.parts.length && depth + 1 < DEPTH && inner.w > 24 && inner.h > 16) draw(cell, part.parts, inner, depth + 1);
    }
  };

  const show = (part) => {
    details.textContent = part ? `${way(part)}: ${shown(part.size)}, ${share(part)} of the image` +
      (part.parts.length ? `, ${part.files} files` : "") : "";
  };

  const trail = () => {
    const parts = [];
    for (let part = root; part; part = part.above) parts.unshift(part);
    crumbs.replaceChildren();
    for (const part of parts) {
      if (part.above) line(crumbs, "step", "›");
      const button = document.createElement("button");
      button.textContent = said(part);
      button.disabled = part === root;
      button.addEventListener("click", () => zoom(part));
      crumbs.append(button);
    }
  };

  const redraw = () => {
    map.replaceChildren();
    draw(map, root.parts, { x: 0, y: 0, w: map.clientWidth, h: map.clientHeight }, 0);
    const sum = (part) => (part.parts.length ? part.parts.reduce((all, inner) => all + sum(inner), 0) : part.size);
    map.dataset.total = sum(root);
    map.dataset.root = root.name;
  };

  const zoom = (part) => {
    if (!part || !part.parts.length) return;
    root = part;
    trail();
    redraw();
    show(null);
  };

  const cellOf = (target, kind) => target.closest ? target.closest(kind) : null;
  map.addEventListener("click", (event) => {
    const cell = cellOf(event.target, ".cell.top");
    if (!cell) return;
    zoom(cell.shows);
    show(cell.shows);
  });
  map.addEventListener("mousemove", (event) => {
    const cell = cellOf(event.target, ".cell");
    for (const other of map.querySelectorAll(".pointed")) other.classList.remove("pointed");
    if (cell) cell.classList.add("pointed");
    show(cell && cell.shows);
  });
  map.addEventListener("focusin", (event) => show(event.target.shows));
  map.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      zoom(event.target.shows);
      const first = map.querySelector(".top");
      if (first) first.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.above) return;
    const was = root;
    zoom(root.above);
    for (const cell of map.querySelectorAll(".top")) if (cell.shows === was) cell.focus();
  });
  window.addEventListener("resize", () => requestAnimationFrame(redraw));

  const legend = document.getElementById("legend");
  for (const part of whole.parts) {
    const item = document.createElement("li");
    const colour = document.createElement("i");
    colour.className = `cell ${part.kind}`;
    item.append(colour, `${part.name} ${shown(part.size)}`);
    legend.append(item);
  }
  zoom(whole);
  // A link such as `#OTP/stdlib-4.2` leads to a part.
  const wanted = decodeURIComponent(location.hash.slice(1));
  for (const name of wanted ? wanted.split("/") : []) zoom(root.parts.find((part) => part.name === name));
})();
