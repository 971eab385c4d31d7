"""`manage.py bench load`: the whole product in a scratch folder, under many listeners at once."""
