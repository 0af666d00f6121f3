"""The deployment guides as tests read and run them."""
