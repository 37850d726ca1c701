// One step at a time instead of all below each other; slider, buttons and a click on an element.
for (const group of document.querySelectorAll("[data-pictures-steps]")) {
  const details = group.querySelector("details");
  details.before(...details.querySelectorAll(".pictures-step"));
  details.remove();
  const steps = [...group.querySelectorAll(".pictures-step")];
  const slider = group.querySelector("input");
  const play = group.querySelector("[data-play]");
  const said = group.querySelector(".pictures-said");
  let timer = null;

  const show = (number) => {
    const place = Math.min(Math.max(number, 1), steps.length);
    steps.forEach((step, k) => step.classList.toggle("current", k + 1 === place));
    slider.value = place;
    slider.setAttribute("aria-valuetext", `${place} / ${steps.length}`);
    group.querySelector('[data-go="-1"]').setAttribute("aria-disabled", place === 1);
    group.querySelector('[data-go="1"]').setAttribute("aria-disabled", place === steps.length);
    if (timer === null) said.textContent = steps[place - 1].querySelector(".pictures-words").innerText;
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.setAttribute("aria-pressed", "false");
  };
  const forward = () => {
    if (+slider.value === steps.length) stop();
    else show(+slider.value + 1);
  };

  group.addEventListener("click", (event) => {
    const button = event.target.closest("[data-go]");
    const cell = event.target.closest("[data-pictures-choose] td");
    if (!button && !cell) return;
    stop();
    if (button) show(+slider.value + +button.dataset.go);
    else show([...cell.closest("table").querySelectorAll("th[scope=row] ~ td")].indexOf(cell) + 1);
  });
  slider.addEventListener("input", () => {
    stop();
    show(+slider.value);
  });
  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    if (+slider.value === steps.length) show(1);
    play.setAttribute("aria-pressed", "true");
    timer = setInterval(forward, 1500);
  });

  group.classList.add("stepping");
  group.querySelector(".pictures-controls").hidden = false;
  show(1);
  said.textContent = ""; // nothing is said before somebody moves
}
