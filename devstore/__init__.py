"""A simulated Shopify for laptops and tests, on its own origin; it and the app share no code."""
