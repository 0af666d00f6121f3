import { el } from "./artify-dom.js";

/**
 * A design's picture. Its link is short-lived, so a picture that does not load asks once for a fresh one.
 * @param {import("./artify-studio.js").Design} design
 * @param {"preview_url"|"mockup_url"} which
 */
export function designPicture(api, design, which, attributes) {
  const picture = el("img", { src: design[which], ...attributes });
  picture.addEventListener("error", () => renew(api, design, which, picture), { once: true });
  return picture;
}

/** Wait until a picture can be drawn at once; its width / height. One that cannot is left to designPicture. */
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
    // Out of reach: the picture's alt text stands in, and the design can still be ordered.
  }
}
