// Runs the program for PastelID keys, apart from the page. It is served after Go's wasm_exec.js and with a policy that lets it load and send
// nothing: the page gives it the program, then calls, one message each, and gets one message for each.
(function () {
	"use strict";

	async function start(program) {
		const go = new Go();
		const { instance } = await WebAssembly.instantiate(program, go.importObject);
		go.run(instance).then(() => postMessage({ stopped: true })); // it only ends by a fault
		postMessage({ ready: true });
	}

	addEventListener("message", ({ data }) => {
		if (data.program) {
			start(data.program).catch((e) => postMessage({ failed: String(e) }));
			return;
		}
		const answer = pastelidKeys[data.call](...data.with);
		for (const x of data.with) if (x instanceof Uint8Array) x.fill(0);
		postMessage(answer ? { of: data.of, answer } : { stopped: true });
	});
})();
