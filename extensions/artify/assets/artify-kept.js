/** The designs that this browser added to the shop's cart, kept for a day: as long as their view tokens are valid. */

const LIFE = 24 * 60 * 60 * 1000; // milliseconds
const MOST = 50;

/** @returns {Record<string, {view_token: string, until: number}>} by preview id */
export function keptDesigns(shop) {
  try {
    const kept = Object.entries(JSON.parse(localStorage.getItem(nameOf(shop)) ?? "{}"));
    return Object.fromEntries(kept.filter(([, { until }]) => until > Date.now()).slice(-MOST));
  } catch {
    return {}; // storage is off, or holds something else: the cart shows the product's own picture
  }
}

export function keepDesign(shop, { id, view_token }) {
  write(shop, { ...keptDesigns(shop), [id]: { view_token, until: Date.now() + LIFE } });
}

export function forgetDesign(shop, id) {
  const { [id]: _, ...others } = keptDesigns(shop);
  write(shop, others);
}

function write(shop, designs) {
  try {
    if (Object.keys(designs).length) localStorage.setItem(nameOf(shop), JSON.stringify(designs));
    else localStorage.removeItem(nameOf(shop));
  } catch {
    // as above
  }
}

function nameOf(shop) {
  return `artify:designs:${shop}`;
}
