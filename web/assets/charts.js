// Draws a page's charts from their tables, which stay for readers who prefer them, and redraws them when the page refreshes.
(function () {
	"use strict";
	function colour(name) {
		return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
	}

	// columns reads the table: times in seconds, then a list for each column that is drawn. A cell without an amount is a gap.
	function columns(table) {
		const cell = (x) => (x.dataset.psl === undefined ? null : Number(x.dataset.psl));
		const rows = [...table.tBodies[0].rows];
		return [...table.tHead.rows[0].cells].map((_, i) => rows.map((row) => (i === 0 ? Number(row.cells[0].dataset.time) : cell(row.cells[i]))));
	}

	const minute = 60, hour = 60 * minute, day = 24 * hour;
	const steps = [1, 5, 15, 30, ...[1, 5, 15, 30].map((n) => n * minute), ...[1, 3, 6, 12].map((n) => n * hour), ...[1, 2, 7, 14, 30, 90, 365].map((n) => n * day)];

	// dates writes the days on the axis, or times if a few days are shown.
	function dates(u, splits, axis, space, step) {
		const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
		const form = step >= day ? { day: "numeric", month: "short" } : step >= minute ? clock : { ...clock, second: "2-digit" };
		return splits.map((s) => new Date(s * 1000).toLocaleString("en-GB", { timeZone: "UTC", ...form }));
	}

	const draws = {
		line: (tint) => ({ stroke: tint, width: 2, spanGaps: true, points: { show: true, size: 5, fill: tint } }),
		mark: (tint) => ({ stroke: tint, paths: () => null, points: { show: true, size: 9, stroke: tint, fill: tint } }),
		bar: (tint, align) => ({ stroke: tint, fill: tint, paths: uPlot.paths.bars({ size: [0.42, 40], align }), points: { show: false } }),
	};

	function draw(figure) {
		const plot = figure.querySelector(".plot");
		plot.replaceChildren();
		const table = figure.querySelector("table");
		const data = columns(table), times = data[0];
		const room = (times.at(-1) - times[0]) / times.length || hour; // seconds, beside the first and the last
		const grid = { stroke: colour("--line"), width: 1 };
		const axis = { stroke: colour("--soft"), grid, ticks: grid };
		const amount = (u, v) => (v == null ? "" : v.toLocaleString("en", { minimumFractionDigits: 5, maximumFractionDigits: 5 }) + " PSL");
		const series = [...table.tHead.rows[0].cells].slice(1).map((head, i) => ({
			label: head.textContent.replace(" PSL", ""), value: amount, ...draws[head.dataset.draw](colour(["--good", "--warn"][i]), [-1, 1][i]),
		}));
		new uPlot({
			width: plot.clientWidth, height: 240,
			scales: { x: { range: (u, low, high) => (times.length === 1 ? [times[0] - room, times[0] + room] : [low - room, high + room]) }, y: { range: (u, low, high) => [0, high * 1.1 || 1] } },
			axes: [{ ...axis, incrs: steps, values: dates, space: 60 }, { ...axis, size: 62, label: "PSL", labelSize: 20 }],
			series: [{ label: "Block", value: (u, v, s, i) => (i == null ? "" : table.tBodies[0].rows[i].cells[0].textContent) }, ...series],
		}, data, plot);
		plot.setAttribute("aria-hidden", "true"); // the table says the same
	}

	function drawAll() {
		document.querySelectorAll(".chart").forEach(draw);
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
