"""The ears and hands of a mixer, pure: what it hears, which settings it chooses, how it learns.

``inference`` and everything it imports need NumPy and ONNX Runtime only; torch is imported by
``architecture``, ``export`` and what trains and measures.
"""
