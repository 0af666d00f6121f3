import { el } from "./artify-dom.js";

/**
 * A design's picture. Its link is short-lived, so a picture that does not load requests a new link once.
 * @param {import("./artify-studio.js").Design} design
 * @param {"preview_url"|"mockup_url"} which
 */
export function designPicture(api, design, which, attributes) {
  const picture = el("img", { src: design[which], ...attributes });
  picture.addEventListener("error", () => renew(api, design, which, picture), { once: true });
  return picture;
}

/** Load a picture and return its width / height. One that fails to load is left to designPicture. */
export async function fetchPicture(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode().catch(() => {});
  return picture.naturalWidth / picture.naturalHeight || 1;
}

async function renew(api, design, which, picture) {
  try {
    ({ [which]: design[which] } = await api.status(design));
    picture.src = design[which];
  } catch {
    // Unreachable: the alt text is shown instead, and the design can still be ordered.
  }
}
