"""The contest behind `bench/peers.py`: works, peers, measuring and telling."""
