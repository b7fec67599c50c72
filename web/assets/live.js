// Keeps a page up to date: refreshes the content of #live when a block arrives and keeps the reader's place in it.
(function () {
	"use strict";
	const page = document.getElementById("page"), note = document.getElementById("stale");
	const live = () => document.getElementById("live");
	const afterBlock = 300, afterBusy = 1_000, afterFailure = 5_000, always = 60_000, patience = 30_000; // milliseconds
	let shown = live().outerHTML; // as served, before scripts change it
	let last = page.dataset.after; // newest block received; undefined if there is none
	let source, timer, reopening, alarm;
	let asking = false, failed = false;
	let due = false; // there is news that the page does not show yet

	function connect() {
		if (document.hidden || source) return;
		source = new EventSource(page.dataset.stream + (last ? "?after=" + encodeURIComponent(last) : ""));
		source.addEventListener("block", heard);
		source.addEventListener("reorg", heard);
		source.addEventListener("open", report);
		source.addEventListener("error", () => {
			if (source.readyState === EventSource.CLOSED) { // refused: browsers do not retry then
				disconnect();
				reopening = setTimeout(connect, afterFailure);
			}
			report();
		});
		report();
	}

	function disconnect() {
		clearTimeout(reopening);
		source?.close();
		source = undefined;
	}

	function heard(event) {
		last = event.lastEventId || last;
		if (!due && !asking) schedule(afterBlock);
		due = true;
	}

	function schedule(delay) {
		clearTimeout(timer);
		if (!document.hidden) timer = setTimeout(refresh, delay);
	}

	// usual is the delay of a refresh without a new block: short if there is nothing to read, else long, in case the daemon has stopped.
	function usual() {
		return failed || "waiting" in live().dataset ? afterFailure : always;
	}

	// report shows the note about interrupted updates once the trouble has lasted a while.
	function report() {
		if (!failed && source?.readyState === EventSource.OPEN) {
			alarm = clearTimeout(alarm);
			note.hidden = true;
		} else {
			alarm ??= setTimeout(() => { note.hidden = false; }, afterFailure);
		}
	}

	// busy reports whether the reader is selecting or typing in content that a refresh would replace.
	function busy() {
		const selection = getSelection(), focus = document.activeElement;
		return !selection.isCollapsed && selection.containsNode(live(), true) || live().contains(focus) && focus.matches("input, select, textarea");
	}

	async function refresh() {
		due = asking;
		if (asking) return;
		asking = true;
		try {
			const answer = await fetch(page.dataset.path, { mode: "same-origin", credentials: "same-origin", signal: AbortSignal.timeout(patience) });
			const next = new DOMParser().parseFromString(await answer.text(), "text/html");
			const fresh = next.getElementById("live");
			failed = !fresh || answer.status >= 500 && !("waiting" in live().dataset); // a page that can be read is better than an error
			while (!failed && busy()) await new Promise((done) => setTimeout(done, afterBusy));
			if (!failed) show(fresh, next);
		} catch {
			failed = true;
		}
		asking = false;
		report();
		schedule(due ? afterBlock : usual());
	}

	function show(fresh, next) {
		last = next.getElementById("page").dataset.after || last;
		const html = fresh.outerHTML;
		if (html === shown) return;
		shown = html;
		const old = live(), focused = old.contains(document.activeElement) && document.activeElement;
		const aside = [...old.querySelectorAll(".scroll")].map((e) => [e.getAttribute("aria-label"), e.scrollLeft]);
		old.replaceWith(fresh);
		document.title = next.title;
		for (const e of old.querySelectorAll("details[open]")) document.getElementById(e.id)?.setAttribute("open", "");
		document.dispatchEvent(new Event("refreshed"));
		for (const [label, x] of aside) {
			const e = fresh.querySelector(`.scroll[aria-label="${CSS.escape(label)}"]`);
			if (e) e.scrollLeft = x;
		}
		if (focused) counterpart(focused, old, fresh).focus({ preventScroll: true });
	}

	// counterpart returns the element that replaces one of the old content: the one with the same id, or the same one of its kind.
	function counterpart(e, old, fresh) {
		const alike = (root) => [...root.querySelectorAll("a, button, summary, [tabindex]")].filter(
			(x) => x.tagName === e.tagName && ["href", "aria-label"].every((name) => x.getAttribute(name) === e.getAttribute(name)));
		return document.getElementById(e.id) ?? alike(fresh)[alike(old).indexOf(e)] ?? document.getElementById("main");
	}

	document.addEventListener("visibilitychange", async () => {
		if (document.hidden) { // browsers allow six connections to a host across all tabs
			disconnect();
			clearTimeout(timer);
			alarm = clearTimeout(alarm);
			return;
		}
		await refresh();
		connect();
	});
	connect();
	schedule(usual());
})();
