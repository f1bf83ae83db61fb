// What a question mark says, beside it and within the screen: shown to who points at it, taps it, or gets to
// it by key, and put away by Escape. Those who hear the page are told by its label.
(() => {
  let shown = null;
  const hide = () => { shown?.remove(); shown = null; };
  const show = (hint) => {
    hide();
    shown = Object.assign(document.createElement("div"), { className: "hint-box", textContent: hint.dataset.tip });
    shown.setAttribute("aria-hidden", "true");
    document.body.append(shown);
    const [from, box, edge] = [hint.getBoundingClientRect(), shown.getBoundingClientRect(), 12];
    const left = from.left + from.width / 2 - box.width / 2;
    const below = from.bottom + 8 + box.height < innerHeight - 100;
    shown.style.left = `${Math.max(edge, Math.min(innerWidth - edge - box.width, left))}px`;
    shown.style.top = `${below ? from.bottom + 8 : from.top - 8 - box.height}px`;
  };
  const of = (event) => event.target.closest?.(".hint");
  addEventListener("pointerover", (event) => { const hint = of(event); if (hint) show(hint); else hide(); });
  addEventListener("focusin", (event) => { const hint = of(event); if (hint?.matches(":focus-visible")) show(hint); else hide(); });
  addEventListener("click", (event) => { const hint = of(event); if (hint) show(hint); });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("scroll", hide, { capture: true, passive: true });
})();
