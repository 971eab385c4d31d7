"""A synthesiser of multitrack songs: training data and demo songs, nothing downloaded."""
