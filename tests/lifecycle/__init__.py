"""What every kind of generation owes its shoppers and shops, tested on each kind that the app registers."""
