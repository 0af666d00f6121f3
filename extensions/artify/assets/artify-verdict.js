import { el } from "./artify-dom.js";

/** A note that says whether the photo is good enough for the selected size; empty if it is not known. */
export function verdictNote({ api, design, size, texts }) {
  const box = el("div", { role: "status", "data-artify": "verdict" });
  judge(api, design, size).then((preflight) => preflight && show(box, preflight, texts));
  return box;
}

/** The server's rating, requested once per size: a design can be ordered in every size of its proportions. */
async function judge(api, design, size) {
  design.verdicts ??= { [design.size.id]: design.preflight };
  if (!(size.id in design.verdicts)) {
    try {
      design.verdicts[size.id] = (await api.status(design, { size })).preflight;
    } catch {
      return null; // unreachable: the next view requests it again
    }
  }
  return design.verdicts[size.id];
}

function show(box, { verdict, checks }, texts) {
  box.className = `artify-verdict artify-verdict--${verdict}`;
  if (verdict === "ok") return box.replaceChildren(el("p", {}, texts.photo_good));
  const sentences = checks.filter((check) => check.message).map((check) => el("li", {}, check.message));
  const poor = verdict === "poor";
  box.replaceChildren(el("strong", {}, poor ? texts.photo_poor : texts.photo_fair), el("ul", {}, ...sentences));
  if (poor) box.append(el("p", {}, texts.photo_advice));
}
