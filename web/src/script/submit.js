// A second click does nothing: the button rests while the form is on its way.
// The form's request key makes sure on the server.
const resting = [];

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.busy) {
    event.preventDefault();
    return;
  }
  form.dataset.busy = "yes";
  const button = event.submitter;
  // After this event, since a disabled button's name is not sent.
  setTimeout(() => {
    if (!button || event.defaultPrevented) return;
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
  });
  resting.push([form, button]);
  setTimeout(wake, 15000); // a download leaves the page as it is
});

function wake() {
  for (const [form, button] of resting.splice(0)) {
    delete form.dataset.busy;
    button?.removeAttribute("aria-busy");
    if (button) button.disabled = false;
  }
}

window.addEventListener("pageshow", (event) => { if (event.persisted) wake(); });

/** release lets a form be sent again. */
export const release = wake;
