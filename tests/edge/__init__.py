"""The app in the real workerd."""
