"""The ground floor: what every other room of the kernel stands on."""
