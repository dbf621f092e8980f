// What the element is drawn with. `drawing` reads a mark without letting the page parse markup.

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "g", "path", "rect", "circle", "ellipse", "polygon", "line"]);

/** An element with properties, listeners (`onclick`), attributes and children; texts stay texts. */
function make(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const drawn = document.createElementNS(SVG, "path");
  drawn.setAttribute("d", path);
  svg.append(drawn);
  return svg;
}

/** A provider's mark out of its SVG, element by element, so that no policy of the page has to allow markup. */
function drawing(dataUrl) {
  let text = "";
  try {
    text = atob(dataUrl.split(",")[1] ?? "");
  } catch {
    return null;
  }
  let root = null;
  const open = [];
  for (const [, closing, tag, given, empty] of text.matchAll(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>/g)) {
    if (!DRAWN.has(tag)) continue;
    if (closing) {
      open.pop();
      continue;
    }
    const node = document.createElementNS(SVG, tag);
    for (const [, name, value] of given.matchAll(/([\w:-]+)="([^"]*)"/g)) {
      if (!/^(on|style|xmlns|href|id|class)/.test(name)) node.setAttribute(name, value);
    }
    if (open.length) open.at(-1).append(node);
    else root ??= node;
    if (!empty) open.push(node);
  }
  root?.setAttribute("aria-hidden", "true");
  return root;
}

function ago(moment) {
  const seconds = Math.round((Date.parse(moment) - Date.now()) / 1000);
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return "just now";
}

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
