"""The medical card: what a stranger in a clinic has to know, in two languages, for the wallet and offline."""
