// Lets a signed ticket be dropped anywhere on the form that hands it in.
(function () {
	"use strict";
	const file = document.querySelector('.drop input[type="file"]');
	if (!file) return;
	const form = file.form;
	const carries = (event) => event.dataTransfer?.types.includes("Files");
	form.addEventListener("dragover", (event) => {
		if (!carries(event)) return;
		event.preventDefault();
		form.classList.add("over");
	});
	form.addEventListener("dragleave", (event) => {
		if (!form.contains(event.relatedTarget)) form.classList.remove("over");
	});
	form.addEventListener("drop", (event) => {
		form.classList.remove("over");
		if (!carries(event)) return;
		event.preventDefault();
		file.files = event.dataTransfer.files;
		file.focus();
	});
})();
