// Draws a page's charts from their tables, which stay for readers who prefer them, and redraws them when the page refreshes.
(function () {
	"use strict";
	function colour(name) {
		return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
	}

	function columns(table) {
		const data = [[], [], []];
		for (const row of table.tBodies[0].rows) {
			data[0].push(Number(row.cells[0].dataset.height));
			data[1].push(Number(row.cells[1].dataset.psl));
			data[2].push(Number(row.cells[2].dataset.psl));
		}
		return data;
	}

	const whole = [...Array(9).keys()].flatMap((power) => [1, 2, 5].map((n) => n * 10 ** power)); // blocks are whole

	function draw(figure) {
		const plot = figure.querySelector(".plot");
		plot.replaceChildren();
		const table = figure.querySelector("table");
		const data = columns(table);
		const blocks = Number(figure.dataset.chart);
		const grid = { stroke: colour("--line"), width: 1 };
		const axis = { stroke: colour("--soft"), grid, ticks: grid };
		const bars = (align) => uPlot.paths.bars({ size: [0.42, 40], align });
		const amount = (u, v) => (v == null ? "" : v.toLocaleString("en", { minimumFractionDigits: 5, maximumFractionDigits: 5 }) + " PSL");
		new uPlot({
			width: plot.clientWidth, height: 240,
			scales: { x: { time: false, range: (u, low, high) => [low - blocks, high + blocks] }, y: { range: (u, low, high) => [0, high * 1.1 || 1] } },
			axes: [{ ...axis, label: "Block", incrs: whole }, { ...axis, size: 76, label: "PSL", stroke: colour("--soft") }],
			series: [{ label: "From", value: (u, v, s, i) => (i == null ? "" : table.tBodies[0].rows[i].cells[0].textContent) },
				{ label: "Income", stroke: colour("--good"), fill: colour("--good"), paths: bars(-1), value: amount, points: { show: false } },
				{ label: "Paid", stroke: colour("--warn"), fill: colour("--warn"), paths: bars(1), value: amount, points: { show: false } }],
		}, data, plot);
		plot.setAttribute("aria-hidden", "true"); // the table says the same
	}

	function drawAll() {
		document.querySelectorAll("figure[data-chart]").forEach(draw);
	}

	document.addEventListener("DOMContentLoaded", drawAll);
	document.addEventListener("refreshed", drawAll);
	let waiting;
	addEventListener("resize", () => {
		clearTimeout(waiting);
		waiting = setTimeout(drawAll, 150);
	});
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
