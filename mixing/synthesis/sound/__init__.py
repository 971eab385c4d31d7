"""The raw material of the synthesiser: oscillators, envelopes, filters, strings, modes, rooms."""
