// Selecting text of an original (data-redact) fills it into the field of what
// shall be removed.
document.addEventListener("selectionchange", () => {
  const s = document.getSelection();
  const field = document.getElementById("mark-text");
  if (!field || !s || s.isCollapsed) return;
  const at = s.anchorNode?.parentElement?.closest("[data-redact]");
  const to = s.focusNode?.parentElement?.closest("[data-redact]");
  const text = s.toString().trim();
  if (at && at === to && text.length > 1 && text.length <= 500) field.value = text;
});
