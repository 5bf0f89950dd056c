"""Deliveries planned, leased, sent and settled; knows subjects by kind and id only."""
