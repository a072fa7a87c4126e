// Brings in what is new on a page while it is open. Without it the page is as whole as when it was opened.
"use strict";

(() => {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (parts.length === 0 || !window.EventSource) {
    return;
  }
  const source = new EventSource("/live");
  const waiting = new Map(); // part -> what it is to show once nobody is about to use it

  const inUse = (part) => part.matches(":hover") || part.contains(document.activeElement);
  const bring = (part) => {
    if (waiting.has(part) && !inUse(part)) {
      part.innerHTML = waiting.get(part); // made by the page's own templates
      waiting.delete(part);
    }
  };

  for (const part of parts) {
    source.addEventListener(part.dataset.live, (event) => {
      waiting.set(part, event.data);
      bring(part);
    });
    part.addEventListener("mouseleave", () => bring(part));
    part.addEventListener("focusout", () => setTimeout(() => bring(part)));
  }
  source.addEventListener("waiting", (event) => {
    document.getElementById("live-status").textContent = event.data;
  });
  source.addEventListener("over", () => {
    source.close();
    document.getElementById("over").hidden = false;
  });
})();
