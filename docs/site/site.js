// What scrolls sideways is a stop of the Tab key, and nothing else is.
const mark = () => {
  for (const one of document.querySelectorAll(".table-wrapper, pre")) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  }
};
addEventListener("load", mark);
addEventListener("resize", mark);
