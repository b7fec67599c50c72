// Makes and uses PastelID keys on this page, wherever it has a place for that. The key is in a worker; no form, address or storage ever holds it
// or its passphrase.
(function () {
	"use strict";
	const { worker: workerURL, program: programURL, fingerprint } = document.currentScript.dataset;
	const least = 8, largest = 16 << 10; // bytes of a passphrase and of a key file
	const day = 86_400; // seconds that a pledge statement holds

	let worker, waiting = new Map(), calls = 0, starting;
	let open = ""; // the PastelID whose key the worker holds
	const places = new Map(); // by kind

	// Talking to the worker.

	function start() {
		starting ??= launch().catch((e) => {
			shut();
			throw e;
		});
		return starting;
	}

	async function launch() {
		const sum = btoa(String.fromCharCode(...fingerprint.match(/../g).map((x) => parseInt(x, 16))));
		let program;
		try {
			const answer = await fetch(programURL, { mode: "same-origin", credentials: "same-origin", integrity: "sha256-" + sum });
			if (!answer.ok) throw new Error(answer.status);
			program = await answer.arrayBuffer();
		} catch {
			throw new Error("The program for keys could not be loaded. Check the connection and try again.");
		}
		const ready = new Promise((done, fail) => {
			worker = new Worker(workerURL);
			waiting.set(calls, { done, fail });
			const first = calls++;
			const dead = () => {
				const e = new Error("This browser cannot run the program for keys; it may be too old, or have too little memory free (300 MB are needed). Use another one, or smartpool on a computer.");
				const lost = open;
				shut(e);
				if (lost) changed();
			};
			worker.addEventListener("error", dead);
			worker.addEventListener("message", ({ data }) => {
				if (data.ready) {
					waiting.delete(first);
					done();
				} else if (data.failed || data.stopped) {
					dead();
				} else {
					const call = waiting.get(data.of);
					waiting.delete(data.of);
					if (data.answer.error) call?.fail(new Error(data.answer.error));
					else call?.done(data.answer);
				}
			});
		});
		worker.postMessage({ program }, [program]);
		await ready;
	}

	// ask calls a function of the program. Byte arrays move to the worker, which erases them.
	async function ask(call, ...args) {
		await start();
		return new Promise((done, fail) => {
			waiting.set(++calls, { done, fail });
			worker.postMessage({ of: calls, call, with: args }, args.filter((x) => x instanceof Uint8Array).map((x) => x.buffer));
		});
	}

	// shut ends the worker, and with it the key and whatever is under way.
	function shut(why = new Error("The key is closed.")) {
		worker?.terminate();
		for (const { fail } of waiting.values()) fail(why);
		worker = starting = undefined;
		waiting = new Map();
		open = "";
	}

	// Building the page.

	function make(tag, properties = {}, ...children) {
		const e = document.createElement(tag);
		for (const [name, value] of Object.entries(properties)) {
			if (name.includes("-") || name === "form" || name === "for" || name === "role") e.setAttribute(name, value);
			else e[name] = value;
		}
		e.append(...children);
		return e;
	}

	const button = (text, act, className = "") => {
		const b = make("button", { type: "button", textContent: text, className });
		b.addEventListener("click", act);
		return b;
	};

	// secret makes a field for a passphrase. It has no name and belongs to no form.
	function secret(id, label, autocomplete, act) {
		const input = make("input", { id, type: "password", autocomplete, form: "", spellcheck: false, maxLength: 1_000 });
		input.setAttribute("autocapitalize", "none");
		input.addEventListener("keydown", (e) => {
			if (e.key !== "Enter" || e.isComposing) return;
			e.preventDefault();
			act();
		});
		return [make("label", { for: id, textContent: label }), input];
	}

	const bytes = (input) => new TextEncoder().encode(input.value);
	const brief = (id) => `${id.slice(0, 10)}…${id.slice(-6)}`;

	// A place is where the page lets people use keys: to choose an identity, to sign a pledge, or to register.
	function place(kind, hook) {
		const id = (name) => `keys-${kind}-${name}`;
		const body = make("div"), said = make("p", { role: "status" }), wrong = make("p", { role: "alert", className: "wrong" });
		const root = make("div", { className: "card keys", role: "group", "aria-label": "PastelID keys in this browser" }, body, said, wrong,
			make("p", { className: "minor" }, "The key and its passphrase stay on this device. Fingerprint of the program that handles them: ",
				make("code", { textContent: fingerprint })));
		let file, take = dropped;

		const say = (text = "") => { said.textContent = text; wrong.textContent = ""; };
		const fail = (e) => { said.textContent = ""; wrong.textContent = e.message ?? e; };
		function show(...children) {
			body.replaceChildren(...children);
			take = dropped;
			say();
		}

		// busy shows that work goes on, and returns its result; or undefined after telling why it failed.
		async function busy(text, work) {
			if (root.ariaBusy === "true") return undefined;
			const began = Date.now(), passed = make("span", { "aria-hidden": "true" });
			const bar = make("div", { className: "progress" }, make("progress", { "aria-label": text }), " ", passed);
			const buttons = [...root.querySelectorAll("button, input")].filter((b) => !b.disabled);
			const focused = document.activeElement;
			say(text + ". This can take half a minute.");
			said.after(bar);
			root.ariaBusy = "true";
			for (const b of buttons) b.disabled = true;
			const clock = setInterval(() => { passed.textContent = `${Math.round((Date.now() - began) / 1000)} s`; }, 1_000);
			try {
				const result = await work();
				say();
				return result;
			} catch (e) {
				fail(e);
				return undefined;
			} finally {
				clearInterval(clock);
				bar.remove();
				root.ariaBusy = "false";
				for (const b of buttons) b.disabled = false;
				if (root.contains(focused)) focused.focus();
			}
		}

		// offer shows what can be done first.
		function offer() {
			file = undefined;
			if (open) return opened();
			const what = kind === "identity" ? [button("Make a PastelID here", offerMaking), " "] : [];
			show(make("p", { textContent: words[kind] }), make("p", { className: "actions" }, ...what, button("Open a key file", offerOpening)));
			return undefined;
		}

		function offerMaking() {
			const hint = make("p", { id: id("hint"), className: "minor", "aria-live": "polite", textContent: length(0) });
			const [label, first] = secret(id("new"), "New passphrase", "new-password", making);
			const [again, second] = secret(id("repeat"), "The same passphrase again", "new-password", making);
			first.setAttribute("aria-describedby", hint.id);
			first.addEventListener("input", () => {
				const text = length(bytes(first).length);
				if (hint.textContent !== text) hint.textContent = text;
			});
			async function making() {
				if (bytes(first).length < least) return refuse(first, `The passphrase is shorter than ${least} characters. Choose a longer one.`);
				if (first.value !== second.value) return refuse(second, "The two passphrases differ. Type the second one again.");
				const made = await busy("Making and encrypting the key", () => ask("make", bytes(first)));
				if (!made) return undefined;
				first.value = second.value = "";
				open = made.pastelid;
				return offerSaving(made);
			}
			show(make("p", {}, "The passphrase encrypts the key file. Whoever has both can sign for this PastelID; if you lose either, it is lost."),
				label, first, hint, again, second, make("p", { className: "actions" }, button("Make the key", making), " ", button("Cancel", offer, "quiet")));
			first.focus();
		}

		// offerSaving lets nobody go on without the file.
		function offerSaving(made) {
			const url = URL.createObjectURL(new Blob([made.file], { type: "application/octet-stream" }));
			const link = make("a", { className: "button", href: url, download: `pastelid-${made.pastelid.slice(2, 10)}.key`, textContent: "Save the key file" });
			link.addEventListener("click", () => {
				setTimeout(() => URL.revokeObjectURL(url), 60_000);
				if (open !== made.pastelid) return;
				changed();
				say("The key file is in your downloads, unless you cancelled that. Keep a second copy elsewhere.");
			}, { once: true });
			show(make("p", {}, "PastelID ", make("strong", { textContent: brief(made.pastelid), title: made.pastelid }), " is made. Save its key file to go on: this page forgets the key when you leave it."),
				make("p", { className: "actions" }, link));
			link.focus();
		}

		// dropped takes a file before anybody has asked for one.
		function dropped(f) {
			if (open || !f) return;
			offerOpening();
			take(f);
		}

		function offerOpening() {
			const chosen = make("p", { id: id("chosen"), className: "minor", "aria-live": "polite", textContent: "No file is chosen." });
			const picker = make("input", { id: id("file"), type: "file", form: "", "aria-describedby": chosen.id });
			const [label, passphrase] = secret(id("passphrase"), "Passphrase of the key file", "current-password", opening);
			picker.addEventListener("change", () => choose(picker.files[0]));
			file = undefined;
			function choose(f) {
				if (!f) return undefined;
				file = undefined;
				chosen.textContent = "No file is chosen.";
				if (f.size > largest) return refuse(picker, "This file is too large to be a key file. Choose another.");
				file = f;
				chosen.textContent = `${f.name} is chosen.`;
				say();
				return passphrase.focus();
			}
			async function opening() {
				if (!file) return refuse(picker, "Choose a key file first.");
				if (!passphrase.value) return refuse(passphrase, "Type the passphrase of the key file.");
				const got = await busy("Opening the key file", async () => {
					let content;
					try {
						content = new Uint8Array(await file.arrayBuffer());
					} catch {
						throw new Error("The file cannot be read. Choose it again.");
					}
					return ask("open", content, bytes(passphrase));
				});
				passphrase.value = "";
				if (!got) return passphrase.focus();
				open = got.pastelid;
				return changed();
			}
			show(make("label", { for: picker.id, textContent: "Key file: choose it, or drop it here" }), picker, chosen, label, passphrase,
				make("p", { className: "actions" }, button("Open the key", opening), " ", button("Cancel", offer, "quiet")));
			take = choose;
			picker.focus();
		}

		function refuse(input, text) {
			fail(text);
			input.focus();
		}

		// opened shows what the open key can do here.
		async function opened() {
			const key = open;
			const close = button("Close the key", () => {
				shut();
				changed();
			}, "quiet");
			const whose = make("p", {}, "The key of PastelID ", make("strong", { textContent: brief(key), title: key }), " is open until you close it or leave this page.");
			if (kind === "identity") {
				show(whose, make("p", { className: "actions" }, close));
				fill("input[name=pastelid]", key);
				say("The PastelID is in its field.");
				return;
			}
			show(whose, make("p", { className: "actions" }, close));
			const text = hook.dataset.statement;
			let statement;
			try {
				statement = await ask("read", text);
			} catch (e) {
				if (open === key) fail(e);
				return;
			}
			if (open !== key) return;
			const sign = button(kind === "sign" ? "Sign this pledge" : "Sign this registration", async () => {
				const got = await busy("Signing", () => ask("sign", text));
				if (!got) return;
				fill(fields[kind], got.signature)?.focus();
				say("Signed. The signature is in its field.");
			});
			show(whose, make("p", {}, make("strong", { textContent: "What you sign" })), explained(statement), ...outdated(statement),
				make("p", { className: "actions" }, sign, " ", close));
			sign.focus();
		}

		// A file that is dropped here goes to nobody else: the form around has a field for files that it sends.
		for (const event of ["dragover", "drop"]) {
			root.addEventListener(event, (e) => {
				if (!e.dataTransfer.types.includes("Files")) return;
				e.preventDefault();
				e.stopPropagation();
				const [dropped] = e.dataTransfer.files;
				if (event === "drop" && root.ariaBusy !== "true") take(dropped);
			});
		}

		// fill puts a value into the field beside the place.
		function fill(field, value) {
			const e = hook.closest("form")?.querySelector(field) ?? document.querySelector(field);
			if (!e) return undefined;
			e.value = value;
			e.dispatchEvent(new Event("input", { bubbles: true }));
			e.dispatchEvent(new Event("change", { bubbles: true }));
			return e;
		}

		hook.hidden = false;
		hook.replaceChildren(root);
		offer();
		return { offer, fail };
	}

	// changed shows everywhere that another key is open, or none.
	function changed() {
		for (const p of places.values()) p.offer();
	}

	const words = {
		identity: "This page can make a PastelID for you. Its key is in a file that you keep, encrypted with your passphrase.",
		sign: "This page can sign with your PastelID's key file.",
		register: "This page can sign the registration with your PastelID's key file.",
	};
	const fields = { sign: "textarea[name=pledge_signature]", register: "textarea[name=registration_signature]" };

	// length says what a passphrase's length is worth. A copied file can be guessed at without limit.
	function length(n) {
		if (n < least) return `At least ${least} characters. Four random words or more are good.`;
		if (n < 14) return "Short: easy to guess for whoever copies the file, unless it is random.";
		return n < 20 ? "Fair." : "Good length.";
	}

	function explained(statement) {
		const at = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
		const facts = [...statement.facts, { name: "Made", value: at.format(new Date(statement.made * 1000)) }];
		if (statement.pledge) facts.push({ name: "Can be posted until", value: at.format(new Date((statement.made + day) * 1000)) });
		return make("dl", { className: "says" }, ...facts.map(({ name, value }) => make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value }))));
	}

	function outdated(statement) {
		if (!statement.pledge || (statement.made + day) * 1000 > Date.now()) return [];
		return [make("p", { className: "wrong", textContent: "By this device's clock, the statement is older than a day, so the pledge would be rejected. Begin again for a new one." })];
	}

	// stayHome takes a key file out of a field that would send it.
	async function stayHome() {
		for (const field of document.querySelectorAll("input[type=file][name]")) {
			const file = field.files[0];
			if (!file || !(await file.slice(0, 64).text()).includes("AGE ENCRYPTED FILE")) continue;
			field.value = "";
			for (const p of places.values()) p.fail("That was a key file, and key files stay on this device. Drop it here instead.");
		}
	}

	document.addEventListener("change", stayHome);
	document.addEventListener("drop", stayHome); // after the form has taken the file
	// A page that is left forgets the key, also if the browser keeps it for the button that goes back.
	addEventListener("pagehide", () => {
		shut();
		changed();
	});
	for (const said of document.querySelectorAll("[data-with-keys], [data-without-keys]")) said.hidden = !said.hidden;
	for (const hook of document.querySelectorAll("[data-keys]")) {
		const kind = hook.dataset.keys;
		if (kind in words) places.set(kind, place(kind, hook));
	}
})();
