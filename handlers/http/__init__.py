"""HTTP code that the handlers of every capability share."""
