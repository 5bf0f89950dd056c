"""Vials and material at home: what is there, what is on its way, what each infusion used."""
