"""Groups of controls; each knows the state and none knows another."""
