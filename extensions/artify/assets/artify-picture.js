import { el } from "./artify-dom.js";

/**
 * A preview's picture. Its link is short-lived, so a picture that does not load asks once for a fresh one.
 * @param {import("./artify-studio.js").Design} design
 */
export function previewPicture(api, design, attributes) {
  const picture = el("img", { src: design.preview_url, ...attributes });
  picture.addEventListener("error", () => renew(api, design, picture), { once: true });
  return picture;
}

/** Wait until a picture can be drawn at once; one that cannot is left to previewPicture. */
export async function fetchPicture(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode().catch(() => {});
}

async function renew(api, design, picture) {
  try {
    ({ preview_url: design.preview_url } = await api.status(design));
    picture.src = design.preview_url;
  } catch {
    // Out of reach: the picture's alt text stands in, and the design can still be ordered.
  }
}
