// Draws each chart from the table beside it: the table is the truth, this is its picture. A click follows the point's link.

const KINDS = {
  // A rate that moves by a few points must be seen to move: lines alone do not start at zero.
  line: { type: "line", fromZero: false, dataset: { tension: 0, pointRadius: 2 } },
  steps: { type: "line", dataset: { stepped: "before", pointRadius: 0 } },
  bars: { type: "bar" },
  stacked: { type: "bar", stacked: true },
  lying: { type: "bar", indexAxis: "y" },
};

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const number = text => (text === undefined ? null : Number(text));

function seriesOf(table) {
  const rows = [...table.tBodies[0].rows];
  return [...table.tHead.rows[0].cells].slice(1).map((head, place) => {
    const cells = rows.map(row => row.cells[place + 1]);
    return {
      name: head.textContent,
      paint: colour(head.dataset.tone ? `--tone-${head.dataset.tone}` : `--series-${(place % 8) + 1}`),
      expected: head.dataset.tone === "expected",
      values: cells.map(cell => number(cell.dataset.value)),
      low: cells.map(cell => number(cell.dataset.low)),
      high: cells.map(cell => number(cell.dataset.high)),
      links: cells.map(cell => cell.querySelector("a")?.href),
    };
  });
}

function datasetsOf(series, kind) {
  const fill = kind.type === "bar" ? `${series.paint}cc` : "transparent";
  const main = {
    label: series.name, data: series.values, borderColor: series.paint, backgroundColor: fill, borderWidth: 2,
    borderDash: series.expected && kind.type === "line" ? [6, 4] : [], links: series.links, ...kind.dataset,
  };
  if (series.high.every(value => value === null)) return [main];
  if (kind.type === "bar") {
    // What has no order has no line through it: each band is a box over its own bars.
    const boxes = series.low.map((low, at) => (low === null ? null : [low, series.high[at]]));
    return [main, { label: `${series.name}, to`, data: boxes, grouped: false, order: -1, minBarLength: 3, barPercentage: 1, categoryPercentage: 0.92, backgroundColor: `${series.paint}55`, band: true }];
  }
  const edge = { ...kind.dataset, type: "line", borderWidth: 0, pointRadius: 0, borderColor: "transparent", band: true };
  return [
    main,
    { ...edge, label: `${series.name}, from`, data: series.low, fill: false },
    { ...edge, label: `${series.name}, to`, data: series.high, fill: "-1", backgroundColor: `${series.paint}33` },
  ];
}

function options(figure, kind) {
  const ink = colour("--quiet");
  const grid = { color: colour("--chart-grid") };
  const axis = name => ({ stacked: kind.stacked ?? false, ticks: { color: ink, maxTicksLimit: 12 }, grid, beginAtZero: kind.fromZero ?? true,
    title: { display: name === (kind.indexAxis === "y" ? "x" : "y"), text: figure.dataset.unit, color: ink } });
  return {
    animation: false, responsive: true, maintainAspectRatio: false, indexAxis: kind.indexAxis ?? "x",
    interaction: { mode: "nearest", axis: kind.indexAxis ?? "x", intersect: false },
    scales: { x: axis("x"), y: axis("y") },
    plugins: {
      legend: { labels: { color: ink, boxWidth: 12, filter: item => !/, (from|to)$/.test(item.text) } },
    },
    onClick: (_event, hits, chart) => {
      const link = hits.map(hit => chart.data.datasets[hit.datasetIndex].links?.[hit.index]).find(Boolean);
      if (link) window.location.assign(link);
    },
  };
}

function draw(figure) {
  const table = figure.querySelector("table");
  const canvas = figure.querySelector("canvas");
  if (!table || !canvas) return;
  window.Chart.getChart(canvas)?.destroy();
  const kind = KINDS[figure.dataset.chart];
  const series = seriesOf(table);
  const labels = [...table.tBodies[0].rows].map(row => row.cells[0].textContent);
  canvas.classList.toggle("leads", series.some(one => one.links.some(Boolean)));
  new window.Chart(canvas, {
    type: kind.type, data: { labels, datasets: series.flatMap(one => datasetsOf(one, kind)) }, options: options(figure, kind),
  });
}

function drawAll(scope = document) {
  if (!window.Chart) return;
  document.documentElement.classList.add("charts-drawn");
  for (const figure of scope.querySelectorAll("figure[data-chart]")) draw(figure);
}

document.addEventListener("DOMContentLoaded", () => drawAll());
document.addEventListener("htmx:afterSettle", event => drawAll(event.target.parentElement ?? document));
// The theme decides the colours, which are read once a drawing.
new MutationObserver(() => drawAll()).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
