"""Speed, measured beside a named peer that does the same work on the same machine in the same run.

Read the ratios: seconds depend on the machine and on whatever else it is doing.
"""
