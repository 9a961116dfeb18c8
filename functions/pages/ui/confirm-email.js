// The page /ui/confirm-email: takes the token from the fragment, and confirms it after a click, never on load:
// programs that look into e-mails open links, too.

const main = document.querySelector("main");
const button = document.getElementById("confirm");
const status = document.getElementById("status");
const code = new URLSearchParams(location.hash.slice(1)).get("code");

// Out of the address bar, and so out of the history and of what is copied from there.
history.replaceState(null, "", location.pathname + location.search);

if (code) {
  button.hidden = false;
  button.addEventListener("click", confirm);
} else {
  tell("missing");
}

async function confirm() {
  button.disabled = true;
  status.textContent = "";
  let answer = null;
  try {
    answer = await fetch("../api/identity/user/v1.0/confirm-email", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code }),
      credentials: "omit",
    });
  } catch {
    // No connection: told as any other failure.
  }
  button.disabled = false;
  const [text, again] = outcome(answer);
  button.hidden = !again;
  tell(text, answer);
}

/** What is told, and whether another click may help. */
function outcome(answer) {
  switch (answer?.status) {
    case 202: return ["confirmed", false];
    case 400: return ["invalid", false];
    case 409: return ["taken", false];
    case 429: return ["later", true];
    default: return ["failed", true];
  }
}

function tell(text, answer) {
  const seconds = Number(answer?.headers.get("Retry-After")) || 60;
  const [value, unit] = seconds < 90 ? [seconds, "second"]
    : seconds < 5400 ? [Math.ceil(seconds / 60), "minute"] : [Math.ceil(seconds / 3600), "hour"];
  const time = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "long" });
  status.textContent = main.dataset[text].replace("{time}", time.format(value));
  if (button.hidden) {
    // Answered: there is nothing left to ask.
    document.getElementById("question").hidden = true;
    status.focus();
  }
}
