// Adds what a script can tell better than the page: how far away times are, what they are on the reader's clock, and buttons that copy.
(function () {
	"use strict";
	const units = [["day", 86_400], ["hour", 3_600], ["minute", 60]];
	const local = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });
	const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

	// distance says how far away a time is, in the largest unit that fits.
	function distance(at) {
		const seconds = (at - Date.now()) / 1000;
		const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? units.at(-1);
		return relative.format(Math.round(seconds / size), unit);
	}

	function tell() {
		for (const e of document.querySelectorAll("time")) {
			const at = new Date(e.dateTime);
			e.title = `${local.format(at)}, ${distance(at)}`;
		}
		for (const e of document.querySelectorAll(".glance time, .concerns time")) {
			const near = e.querySelector(".near") ?? e.appendChild(Object.assign(document.createElement("span"), { className: "near" }));
			near.textContent = ` · ${distance(new Date(e.dateTime))}`;
		}
	}

	function offerCopies() {
		for (const e of document.querySelectorAll(".id.full, .command")) {
			if (e.nextElementSibling?.matches(".copy") || !e.textContent.trim()) continue;
			const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
			button.setAttribute("aria-label", `Copy ${e.textContent.trim()}`);
			button.addEventListener("click", async () => {
				await navigator.clipboard.writeText(e.textContent.trim());
				button.textContent = "Copied";
				setTimeout(() => { button.textContent = "Copy"; }, 2_000);
			});
			e.after(" ", button);
		}
	}

	function add() {
		tell();
		if (navigator.clipboard) offerCopies(); // browsers have none for pages that come unencrypted from another machine
	}

	document.addEventListener("DOMContentLoaded", add);
	document.addEventListener("refreshed", add);
	setInterval(tell, 60_000);
})();
