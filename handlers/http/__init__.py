"""What every capability's handlers share when they answer HTTP requests."""
