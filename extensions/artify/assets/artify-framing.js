/**
 * Crop geometry: which part of a picture is shown by a print of given proportions. Pure functions.
 * An aspect is width / height. A crop is {x, y, width, height} in fractions 0..1 of the upright picture.
 */

export const MAX_ZOOM = 5;

/** The view that shows as much of the picture as the proportions allow, centred. */
export const CENTRED = Object.freeze({ x: 0.5, y: 0.5, zoom: 1 });

export const aspectOf = ({ width_px, height_px }) => width_px / height_px;

/** Whether two sizes have the same proportions, apart from rounding to whole pixels. */
export function sameShape(a, b) {
  return Math.abs(aspectOf(a) / aspectOf(b) - 1) < 0.005;
}

/** The print size of a variant: its own, else the one for every variant, else the first. */
export function sizeOf(sizes, variant) {
  const own = sizes.find((size) => String(size.variant_id) === variant);
  return own ?? sizes.find((size) => size.variant_id == null) ?? sizes[0];
}

/** The nearest view that keeps the frame inside the picture. */
export function settle(view, picture, frame) {
  const zoom = clamp(view.zoom, 1, MAX_ZOOM);
  const { width, height } = extent(zoom, picture, frame);
  return { zoom, x: clamp(view.x, width / 2, 1 - width / 2), y: clamp(view.y, height / 2, 1 - height / 2) };
}

/** The crop of a settled view. */
export function cropOf(view, picture, frame) {
  const { width, height } = extent(view.zoom, picture, frame);
  const [x, y] = [view.x - width / 2, view.y - height / 2];
  return { x: clamp(x, 0, 1 - width), y: clamp(y, 0, 1 - height), width, height };
}

/** Whether a crop of a picture with this width in pixels has too few pixels for a print of this size. */
export function looksSoft(crop, pictureWidth, size) {
  return crop.width * pictureWidth < size.good_width_px;
}

/** Position an image so that the parent of its box shows exactly the crop. */
export function place(image, crop) {
  Object.assign(image.style, {
    width: `${100 / crop.width}%`,
    height: `${100 / crop.height}%`,
    left: `${(-100 * crop.x) / crop.width}%`,
    top: `${(-100 * crop.y) / crop.height}%`,
  });
}

function extent(zoom, picture, frame) {
  return { width: Math.min(1, frame / picture) / zoom, height: Math.min(1, picture / frame) / zoom };
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
