"""A simulated Shopify for local development and tests. It runs on its own origin and shares no code with the app."""
