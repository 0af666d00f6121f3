import { el } from "./artify-dom.js";

/** Whether the photo is good enough for the size on sale; nothing where nobody can tell. */
export function verdictNote({ api, design, size, texts }) {
  const box = el("div", { role: "status", "data-artify": "verdict" });
  judge(api, design, size).then((preflight) => preflight && show(box, preflight, texts));
  return box;
}

/** The server's verdict, asked once for each size: a design may be sold in every size of its shape. */
async function judge(api, design, size) {
  design.verdicts ??= { [design.size.id]: design.preflight };
  if (!(size.id in design.verdicts)) {
    try {
      design.verdicts[size.id] = (await api.status(design, { size })).preflight;
    } catch {
      return null; // out of reach: the next look asks again
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
