--- A trace as one page that needs nothing else: the host on the left, the module on the right, time going down; with
--- search, room for pauses, what each line means, and what was slow.

local decode = require "hayes.cli.decode"
local json = require "dkjson"

local HEAD = [==[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>AT trace</title>
<style>
  :root { color-scheme: light dark; --host: #2563eb; --module: #15803d; --remark: #9ca3af; --line: #8884;
    --slow: #dc2626; }
  body { font: 14px/1.4 system-ui, sans-serif; margin: 0; }
  header { position: sticky; top: 0; background: Canvas; border-bottom: 1px solid var(--line); padding: 8px 12px;
    z-index: 2; }
  header input { font: inherit; width: 22em; }
  header button { font: inherit; }
  #summary { margin: 4px 0 0; opacity: .8; }
  #slowest a { margin-right: 1em; color: var(--slow); cursor: pointer; text-decoration: underline; }
  main { position: relative; margin: 0 12px 40px; }
  .item { position: absolute; left: 0; right: 0; height: 18px; white-space: nowrap; overflow: hidden; cursor: default; }
  .item:hover, .item.chosen { background: #8882; }
  .clock { position: absolute; left: 0; width: 8.5em; font-variant-numeric: tabular-nums; opacity: .7; }
  .arrow { position: absolute; left: 9.5em; width: 9em; height: 0; top: 9px; border-top: 2px solid; }
  .arrow::after { content: ""; position: absolute; top: -6px; border: 5px solid transparent; }
  .to .arrow { border-color: var(--host); } .to .arrow::after { right: -3px; border-left-color: var(--host); }
  .from .arrow { border-color: var(--module); } .from .arrow::after { left: -3px; border-right-color: var(--module); }
  .remark .arrow { border-top: 1px dashed var(--remark); }
  .text { position: absolute; left: 19.5em; right: 0; font-family: ui-monospace, monospace; overflow: hidden;
    text-overflow: ellipsis; }
  .remark .text { color: var(--remark); }
  .slow .text { color: var(--slow); }
  .faint { opacity: .15; }
  .axis { position: absolute; left: 9.5em; border-left: 1px solid var(--line); top: 0; bottom: 0; }
  .axis.right { left: 18.5em; }
  #hover { position: fixed; right: 12px; bottom: 12px; max-width: 40em; background: Canvas;
    border: 1px solid var(--line); padding: 8px 12px;
    white-space: pre-wrap; font-family: ui-monospace, monospace; font-size: 12px; display: none;
    z-index: 3; }
</style>
</head>
<body>
<header>
  <input id="search" type="search" placeholder="search" aria-label="search">
  <button id="out" title="more on the screen">−</button><button id="in" title="more room for pauses">+</button>
  <span id="zoom"></span>
  <div id="summary"></div>
  <div id="slowest"></div>
</header>
<main id="diagram" aria-label="the host on the left, the module on the right; time goes down"></main>
<div id="hover"></div>
<script id="trace" type="application/json">]==]

local TAIL = [==[</script>
<script>
"use strict";
const { items, trips } = JSON.parse(document.getElementById("trace").textContent);
const ROW = 18, byId = id => document.getElementById(id);
let scale = 0; // pixels a second that pauses get beyond a row; 0: rows without pauses

const slow = new Map(trips.map(trip => [trip.command, trip]));
const seconds = s => s < 1 ? Math.round(s * 1000) + " ms" : s.toFixed(2) + " s";

function place() {
  let top = 0;
  return items.map((item, i) => {
    const pause = i > 0 ? Math.max(0, item.time - items[i - 1].time) : 0;
    top += i > 0 ? ROW + pause * scale : 0;
    return top;
  });
}

function describe(i) {
  const item = items[i], lines = [item.date + " " + item.clock + " UTC, line " + item.line];
  if (i > 0) lines.push(seconds(item.time - items[i - 1].time) + " after the line before");
  if (slow.has(i)) lines.push("answered within " + seconds(slow.get(i).seconds));
  lines.push("", item.text, ...(item.fields || []));
  return lines.join("\n");
}

function draw() {
  const tops = place(), diagram = byId("diagram");
  diagram.textContent = "";
  for (const side of ["axis", "axis right"]) {
    const axis = document.createElement("div");
    axis.className = side;
    diagram.append(axis);
  }
  const kinds = { ">": "to", "<": "from", "-": "remark" };
  items.forEach((item, i) => {
    const row = document.createElement("div");
    row.className = "item " + kinds[item.mark];
    if (slow.has(i) && slow.get(i).seconds >= 1) row.classList.add("slow");
    row.style.top = tops[i] + "px";
    row.dataset.index = i;
    for (const [name, text] of [["clock", item.clock.slice(0, 12)], ["arrow", ""], ["text", item.text]]) {
      const cell = document.createElement("span");
      cell.className = name;
      cell.textContent = text;
      row.append(cell);
    }
    diagram.append(row);
  });
  diagram.style.height = (tops[tops.length - 1] || 0) + ROW + "px";
  byId("zoom").textContent = scale ? " " + scale + " px a second" : " pauses left out";
  search();
}

function search() {
  const wanted = byId("search").value.toLowerCase();
  for (const row of document.querySelectorAll(".item"))
    row.classList.toggle("faint", wanted !== "" && !items[row.dataset.index].text.toLowerCase().includes(wanted));
}

function go(i) {
  document.querySelectorAll(".chosen").forEach(row => row.classList.remove("chosen"));
  const row = document.querySelector(`.item[data-index="${i}"]`);
  row.classList.add("chosen");
  row.scrollIntoView({ block: "center" });
}

const total = items.length ? items[items.length - 1].time - items[0].time : 0;
const busy = trips.reduce((sum, trip) => sum + trip.seconds, 0);
byId("summary").textContent =
  `${items.length} lines in ${seconds(total)}; ${trips.length} answered commands took ${seconds(busy)}`;
[...trips].sort((a, b) => b.seconds - a.seconds).slice(0, 5).forEach(trip => {
  const link = document.createElement("a");
  link.textContent = `${items[trip.command].text} ${seconds(trip.seconds)}`;
  link.addEventListener("click", () => go(trip.command));
  byId("slowest").append(link);
});
byId("in").addEventListener("click", () => { scale = scale ? scale * 2 : 10; draw(); });
byId("out").addEventListener("click", () => { scale = scale > 10 ? scale / 2 : 0; draw(); });
byId("search").addEventListener("input", search);
byId("diagram").addEventListener("mouseover", event => {
  const row = event.target.closest(".item"), hover = byId("hover");
  hover.style.display = row ? "block" : "none";
  if (row) hover.textContent = describe(+row.dataset.index);
});
byId("diagram").addEventListener("mouseleave", () => { byId("hover").style.display = "none"; });
draw();
</script>
</body>
</html>
]==]

local page = {}

---@param items hayes.trace.item[]
---@param trips hayes.trace.trip[]
---@param module? { explain: function } nil: answers are not decoded
---@return string
function page.of(items, trips, module)
  local rows, index, list = {}, {}, {}
  for i, item in ipairs(items) do
    index[item] = i - 1
    rows[i] = { line = item.line, time = item.elapsed, date = item.date, clock = item.clock, mark = item.mark,
      text = item.text }
    local fields = module and item.mark == "<" and not item.bytes and decode.rows(module, item.text)
    if fields and #fields > 0 then rows[i].fields = fields end
  end
  for i, trip in ipairs(trips) do list[i] = { command = index[trip.command], seconds = trip.seconds } end
  local array = { __jsontype = "array" }
  local text = json.encode { items = setmetatable(rows, array), trips = setmetatable(list, array) }
  -- What a module has said must not end the script.
  return HEAD .. text:gsub("<", "\\u003c") .. TAIL
end

return page
