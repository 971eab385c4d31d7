"""Where training songs come from, behind one interface: ``songs.Source``.

The built-in synthesiser, a folder of multitracks, and readers for published collections as their
makers lay them out (MUSDB18 and its HQ edition, MedleyDB, the Cambridge-MT library, MoisesDB). A
reader only lists files and roles; ``tracks`` decodes them the way uploads are decoded. Whoever
trains on a collection is bound by its licence: most of these are for research only.
"""
